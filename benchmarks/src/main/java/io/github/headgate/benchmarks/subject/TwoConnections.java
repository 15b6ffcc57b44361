package io.github.headgate.benchmarks.subject;

import io.github.headgate.Rule;

/** Headgate twice, each with a connection of its own and half of the users: what a second connection would bring. */
final class TwoConnections implements Subject {

    private final Headgate one;
    private final Headgate other;

    TwoConnections(String redisUrl, Rule rule) {
        one = new Headgate(redisUrl, rule);
        other = new Headgate(redisUrl, rule);
    }

    @Override
    public void check(String user, Answer answer) {
        ((user.hashCode() & 1) == 0 ? one : other).check(user, answer);
    }

    @Override
    public void close() {
        one.close();
        other.close();
    }
}
