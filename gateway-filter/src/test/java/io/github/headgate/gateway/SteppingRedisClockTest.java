package io.github.headgate.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.testing.SteppedClock;
import io.github.headgate.testing.TcpProxy;
import io.github.headgate.testing.TestRedis;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two gateways on one Redis whose clock steps by an hour, while callers go on calling. */
class SteppingRedisClockTest {

    private static final TestRedis redis = TestRedis.start();
    private static final TcpProxy network = TcpProxy.rewriting(redis.port(), new SteppedClock());
    private static Pair gateways;

    enum Step {
        /** To everybody it looks as if an hour had gone by. */
        FORWARD(2) {
            @Override
            void take() {
                Fault.tell(redis.uri(), "SET " + SteppedClock.AHEAD + " 3600");
            }
        },
        BACK(1) {
            @Override
            void take() {
                Fault.tell(redis.uri(), "SET " + SteppedClock.AHEAD + " 0");
            }
        };

        private final int histories;

        /** @param histories how many a user has: one more, if all that he has spent is an hour old at once */
        Step(int histories) {
            this.histories = histories;
        }

        abstract void take();
    }

    @BeforeAll
    static void startTwo() {
        gateways = new Pair("redis://127.0.0.1:" + network.port());
    }

    @AfterAll
    static void stop() {
        gateways.close();
        network.close();
        redis.close();
    }

    /** Back, nobody is locked out for longer than a window and the slot that is rounded up. */
    @ParameterizedTest
    @EnumSource
    void callersNoticeNothingButTheLimits(Step step) {
        gateways.disturbed(step, step.histories, traffic -> {
            step.take();
            traffic.awaitAnswers(100);
        });

        HttpResponse<String> denied =
                gateways.first.get("/openai/chat", "X-User-Id", step + "-of-" + gateways.first.port());
        assertThat(denied.statusCode()).isEqualTo(429);
        assertThat(Duration.ofMillis(
                        denied.headers().firstValueAsLong("retry-after-ms").orElseThrow()))
                .isPositive()
                .isLessThanOrEqualTo(Duration.ofSeconds(61));
        assertThat(gateways.first
                        .get("/openai/chat", "X-User-Id", step + "-newcomer")
                        .statusCode())
                .isEqualTo(200);
    }
}
