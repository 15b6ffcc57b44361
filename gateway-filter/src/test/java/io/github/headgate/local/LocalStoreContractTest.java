package io.github.headgate.local;

import io.github.headgate.contract.LimitStoreContract;
import io.github.headgate.contract.StoreUnderTest;

class LocalStoreContractTest extends LimitStoreContract {

    private final StoreUnderTest store =
            new StoreUnderTest(micros -> new LocalStore(1_000_000, () -> micros.getAsLong() * 1000));

    @Override
    protected StoreUnderTest store() {
        return store;
    }
}
