package io.github.headgate.failover;

import io.github.headgate.Key;
import java.util.List;

/**
 * The gateways that share Redis, as far as this one knows, and which share of a key is whose when each decides alone.
 */
final class Gateways {

    private final String self;
    private final int expected;
    /** Empty until Redis has told. */
    private volatile List<String> alive = List.of();

    /**
     * @param self this gateway's name, unlike every other one's
     * @param expected how many there are as long as Redis has not told, at least 1
     */
    Gateways(String self, int expected) {
        this.self = self;
        this.expected = expected;
    }

    /** Notes who is alive, this gateway among them. */
    void alive(List<String> names) {
        alive = List.copyOf(names);
    }

    int count() {
        return alive.isEmpty() ? expected : alive.size();
    }

    /** Every gateway that knows the same others finds another rank for itself, and a different one for another key. */
    Share shareOf(Key key) {
        List<String> names = alive;
        if (names.isEmpty()) {
            // The others' names are not known, so the remainder is left to them.
            return new Share(expected, expected - 1);
        }
        if (names.size() == 1) {
            return Share.ALL;
        }
        int rank = 0;
        long own = weight(key, self);
        for (String name : names) {
            long weight = weight(key, name);
            if (weight < own || (weight == own && name.compareTo(self) < 0)) {
                rank++;
            }
        }
        return new Share(names.size(), rank);
    }

    private static long weight(Key key, String name) {
        long mixed = (key.toString().hashCode() * 31L + name.hashCode()) * 0x9E3779B97F4A7C15L;
        return (mixed ^ (mixed >>> 32)) * 0xD6E8FEB86659FD93L;
    }
}
