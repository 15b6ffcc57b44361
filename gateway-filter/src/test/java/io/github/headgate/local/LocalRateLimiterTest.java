package io.github.headgate.local;

import io.github.headgate.LimitStore;
import io.github.headgate.contract.RateLimiterContract;
import java.util.function.LongSupplier;

class LocalRateLimiterTest extends RateLimiterContract {

    @Override
    protected LimitStore store(LongSupplier micros) {
        return new LocalStore(100_000, () -> micros.getAsLong() * 1000);
    }
}
