package io.github.headgate.benchmarks.gateway;

import io.github.headgate.benchmarks.report.Table.Role;

/** What stands in the route, each reached by a path of its own; they are loaded in turn. */
enum RouteKind {
    PLAIN("no filter", Role.FLOOR),
    HEADERS("rate-limit headers alone", Role.FLOOR),
    BARE_CALL("EVALSHA of return 1", Role.FLOOR),
    SPRING("RequestRateLimiter", Role.PEER),
    HEADGATE_REDIS("Headgate on Redis", Role.OURS),
    HEADGATE_LOCAL("Headgate in memory", Role.OURS);

    private final String label;
    private final Role role;

    RouteKind(String label, Role role) {
        this.label = label;
        this.role = role;
    }

    String label() {
        return label;
    }

    Role role() {
        return role;
    }

    String path() {
        return "/" + name();
    }
}
