package io.github.headgate.benchmarks.driver;

import java.util.concurrent.ThreadLocalRandom;

/** Those who ask, one of them at random each time. */
final class Users {

    static final int MANY = 10_000;

    private final String[] names;

    private Users(String[] names) {
        this.names = names;
    }

    static Users some(int count) {
        String[] names = new String[count];
        for (int i = 0; i < count; i++) {
            names[i] = "user-" + i;
        }
        return new Users(names);
    }

    String any() {
        return names.length == 1 ? names[0] : names[ThreadLocalRandom.current().nextInt(names.length)];
    }

    int count() {
        return names.length;
    }

    String name(int index) {
        return names[index];
    }
}
