package io.github.headgate.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.Decision.Granted;
import io.github.headgate.DecisionSink;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.LimitUsage;
import io.github.headgate.Origin;
import io.github.headgate.Rule;
import io.github.headgate.testing.InputFuzzer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Whatever comes in place of the script's reply, it is a decision that a caller can be told, or refused as malformed.
 */
class AnswersFuzzTest extends InputFuzzer {

    private static final DecisionSink NOBODY = new DecisionSink() {
        @Override
        public void decided(Decision decision, Origin origin) {}

        @Override
        public void failed(Throwable cause) {}

        @Override
        public boolean isCancelled() {
            return false;
        }
    };

    private static final double[] NUMBERS = {
        0, 1, -1, 999, 60_000, 86_400_000, 1.7e12, 9.007e15, 1e300, -1e300, Double.NaN, Double.POSITIVE_INFINITY
    };

    @Override
    protected void attempt(RandomGenerator random) {
        Rule rule = rule(random);
        List<Check> checks = new ArrayList<>();
        for (int i = random.nextInt(1, 5); i > 0; i--) {
            Key key = Key.of("openai", "user-" + random.nextInt(2));
            checks.add(new Check(
                    new LimitRequest(key, rule, random.nextInt(1, 4), random.nextInt(2) * 5_000L), NOBODY, 0));
        }
        Questions questions = Questions.of(checks);
        byte[] reply = reply(random);

        Decision[] decisions;
        try {
            decisions = questions.decisions(reply);
        } catch (IllegalArgumentException malformed) {
            assertThat(malformed).hasMessageStartingWith("the limiter script answered");
            return;
        }
        assertThat(decisions).hasSameSizeAs(checks).doesNotContainNull();
        for (int i = 0; i < decisions.length; i++) {
            LimitRequest request = questions.check(i).request();
            if (decisions[i] instanceof Granted granted) {
                assertThat(granted.delayMillis()).isBetween(0L, request.maxWaitMillis());
                assertThat(granted.charge().permits()).isEqualTo(request.permits());
            } else if (decisions[i] instanceof Denied denied && denied.retryAfterMillis() != null) {
                assertThat(denied.retryAfterMillis()).isPositive();
                assertThat(denied.violated()).isNotNull();
            }
            for (LimitUsage each : decisions[i].usage()) {
                assertThat(each.remaining()).isBetween(0, each.limit());
                assertThat(each.resetMillis()).isNotNegative();
                assertThat(each.nextPermitMillis()).isNotNegative();
            }
        }
    }

    private static Rule rule(RandomGenerator random) {
        return new Rule(
                random.nextBoolean() ? 60 : null,
                random.nextBoolean() ? Integer.MAX_VALUE : null,
                1_000,
                random.nextBoolean() ? Rule.MAX_BURST_CAPACITY : null);
    }

    /** Shaped like answers for a few requests each, their numbers at random; or not shaped like anything. */
    private static byte[] reply(RandomGenerator random) {
        byte[] reply = new byte[random.nextInt(12) == 0 ? random.nextInt(400) : random.nextInt(1, 4) * 106];
        if (random.nextInt(12) == 0) {
            random.nextBytes(reply);
            return reply;
        }
        int at = 0;
        while (at + 106 <= reply.length) {
            int outcome = random.nextInt(random.nextInt(8) == 0 ? 256 : 4);
            int bytes = outcome == 3 ? 70 : 106;
            reply[at] = (byte) outcome;
            LimiterScript.INT.set(reply, at + 1, random.nextInt(1, 4));
            reply[at + 21] = (byte) random.nextInt(1, 5);
            int numbers = random.nextInt(8);
            for (int i = 0; i < numbers; i++) {
                int place = at + random.nextInt(bytes - 8);
                if (place > at + 4 && (outcome == 3 || place > at + 21 || place < at + 14)) {
                    LimiterScript.DOUBLE.set(reply, place, NUMBERS[random.nextInt(NUMBERS.length)]);
                }
            }
            for (int i = random.nextInt(4); i > 0 && outcome != 3; i--) {
                LimiterScript.INT.set(reply, at + 30 + 20 * random.nextInt(3), random.nextInt());
            }
            LimiterScript.DOUBLE.set(reply, at + (outcome == 3 ? 45 : 22), (double) random.nextInt(-1, 6_000));
            at += bytes;
        }
        return random.nextInt(3) == 0 ? Arrays.copyOf(reply, at) : reply;
    }
}
