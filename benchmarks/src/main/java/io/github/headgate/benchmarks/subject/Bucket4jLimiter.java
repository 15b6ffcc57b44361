package io.github.headgate.benchmarks.subject;

import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.distributed.proxy.AsyncProxyManager;
import io.github.bucket4j.redis.lettuce.Bucket4jLettuce;
import io.lettuce.core.RedisClient;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Bucket4j's asynchronous proxy on Lettuce: GET, then compare-and-swap until nobody else came between. */
final class Bucket4jLimiter implements Subject {

    private static final int LIMIT = SubjectKind.Limits.PER_WINDOW;
    private static final BucketConfiguration CONFIGURATION = BucketConfiguration.builder()
            .addLimit(limit -> limit.capacity(LIMIT).refillGreedy(LIMIT, Duration.ofMinutes(1)))
            .addLimit(limit -> limit.capacity(LIMIT).refillGreedy(LIMIT, Duration.ofHours(1)))
            .addLimit(limit -> limit.capacity(LIMIT).refillGreedy(LIMIT, Duration.ofDays(1)))
            .build();

    private final RedisClient client;
    private final AsyncProxyManager<String> buckets;

    Bucket4jLimiter(String redisUrl) {
        client = RedisClient.create(RedisUnderTest.at(redisUrl));
        buckets = Bucket4jLettuce.casBasedBuilder(
                        client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE)))
                .build()
                .asAsync();
    }

    @Override
    public void check(String user, Answer answer) {
        answer.follow(
                buckets.builder()
                        .build("bucket:" + user, () -> CompletableFuture.completedFuture(CONFIGURATION))
                        .tryConsumeAndReturnRemaining(1),
                ConsumptionProbe::isConsumed);
    }

    @Override
    public void close() {
        client.shutdown();
    }
}
