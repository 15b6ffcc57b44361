package io.github.headgate.gateway;

import java.util.ArrayList;
import java.util.List;

/** A user of {@code openai} who asks several gateways in turn, one request after the other, and counts his grants. */
final class SharedUser {

    private final String name;
    private final List<TestGateway> gateways;
    private final List<Integer> statuses = new ArrayList<>();

    /** @param name tells his key from those of others */
    SharedUser(String name, TestGateway... gateways) {
        this.name = name + "-in-turn";
        this.gateways = List.of(gateways);
    }

    /** Asks each gateway so many times. */
    void ask(int times) {
        for (int i = 0; i < times; i++) {
            for (TestGateway gateway : gateways) {
                statuses.add(gateway.get("/openai/chat", "X-User-Id", name).statusCode());
            }
        }
    }

    /** The name in Redis of his key. */
    String key() {
        return "rate_limit:{openai:" + name + "}";
    }

    long granted() {
        return statuses.stream().filter(status -> status == 200).count();
    }

    List<Integer> statuses() {
        return statuses;
    }

    /**
     * How much may be granted too much when Redis fails: each gateway but the last to ask has not heard of a grant of
     * each that asked after it, and takes its share of it, rounded up.
     */
    long unheard() {
        return gateways.size() - 1L;
    }
}
