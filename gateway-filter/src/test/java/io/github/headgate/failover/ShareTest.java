package io.github.headgate.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.Key;
import io.github.headgate.LimitRequest;
import io.github.headgate.Rule;
import io.github.headgate.local.LocalStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What each of several gateways may grant while it decides alone. */
class ShareTest {

    private static final Key ALICE = Key.of("openai", "alice");

    /** How much a gateway of that rank grants of a limit of which some is used. */
    private static int granted(int gateways, int rank, int limit, int used, int permits) {
        LocalStore store = new LocalStore(10);
        Rule rule = new Rule(null, null, limit, null);
        for (int i = 0; i < used; i++) {
            assertThat(store.charge(new LimitRequest(ALICE, rule, 1, 0), 0, List.of()))
                    .isNotNull();
        }
        Share share = new Share(gateways, rank);
        LimitRequest asked = new LimitRequest(ALICE, rule, permits, 0);
        LimitRequest shared = share.of(asked);
        int granted = 0;
        while (shared != null && share.told(store.standIn(shared, asked), asked).isGranted()) {
            granted += permits;
        }
        return granted;
    }

    @ParameterizedTest
    @CsvSource({
        "1, 10, 4",
        "2, 10, 4",
        "2, 10, 5",
        "3, 10, 0",
        "3, 10, 10",
        "3, 2, 0",
        "5, 17, 3",
        "7, 100, 1",
        "4, 1, 0"
    })
    void theSharesAddUpToWhatWasLeft(int gateways, int limit, int used) {
        int[] shares = IntStream.range(0, gateways)
                .map(rank -> granted(gateways, rank, limit, used, 1))
                .toArray();

        assertThat(IntStream.of(shares).sum()).isEqualTo(limit - used);
        assertThat(IntStream.of(shares).max().orElseThrow()
                        - IntStream.of(shares).min().orElseThrow())
                .isLessThanOrEqualTo(1);
    }

    @Test
    void largeRequestsNeverAddUpToMoreThanWasLeft() {
        int all = IntStream.range(0, 3).map(rank -> granted(3, rank, 20, 2, 4)).sum();

        assertThat(all).isBetween(4, 18);
    }

    @Test
    void everyGatewayFindsAnotherRank() {
        List<String> names = List.of("a", "b", "c", "d", "e");
        for (int user = 0; user < 200; user++) {
            Key key = Key.of("openai", "user" + user);
            List<Integer> ranks = new ArrayList<>();
            for (String name : names) {
                Gateways gateways = new Gateways(name, 1);
                gateways.alive(names);
                assertThat(gateways.shareOf(key).gateways()).isEqualTo(5);
                ranks.add(gateways.shareOf(key).rank());
            }
            assertThat(ranks).containsExactlyInAnyOrder(0, 1, 2, 3, 4);
        }
    }

    @Test
    void aGatewayThatKnowsNobodyLeavesTheRemainderToTheOthers() {
        assertThat(new Gateways("a", 3).shareOf(ALICE)).isEqualTo(new Share(3, 2));
    }

    @Test
    void aDenialSpeaksOfTheLimitAndOfThisGatewaysRetryAfter() {
        LocalStore store = new LocalStore(10);
        Rule rule = new Rule(10, null, null, 5);
        Share share = new Share(2, 0);
        LimitRequest asked = new LimitRequest(ALICE, rule, 1, 0);
        LimitRequest shared = Objects.requireNonNull(share.of(asked));

        Decision decision = share.told(store.standIn(shared, asked), asked);
        while (decision.isGranted()) {
            decision = share.told(store.standIn(shared, asked), asked);
        }

        assertThat(decision).isInstanceOfSatisfying(Denied.class, denied -> {
            assertThat(denied.permits()).isEqualTo(1);
            assertThat(denied.violated().limit()).isEqualTo(5);
            assertThat(denied.violated().remaining()).isZero();
            assertThat(denied.retryAfterMillis()).isPositive();
            assertThat(denied.violated().nextPermitMillis()).isPositive();
        });
    }
}
