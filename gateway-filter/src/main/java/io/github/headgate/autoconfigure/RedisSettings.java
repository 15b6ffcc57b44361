package io.github.headgate.autoconfigure;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;

/** The properties by which an application tells Spring Boot where its Redis is. */
final class RedisSettings {

    static final String URL = "spring.data.redis.url";

    private static final List<String> SINGLE =
            List.of(URL, "spring.data.redis.host", "spring.data.redis.sentinel.master");
    private static final List<String> LISTS = List.of(
            "spring.data.redis.cluster.nodes",
            "spring.data.redis.sentinel.nodes",
            "spring.data.redis.masterreplica.nodes");

    private RedisSettings() {}

    /** The first such property that has a value; null when none has. */
    static @Nullable String present(Environment environment) {
        for (String name : SINGLE) {
            String value = environment.getProperty(name);
            if (value != null && !value.isBlank()) {
                return name;
            }
        }
        Binder binder = Binder.get(environment);
        for (String name : LISTS) {
            if (!binder.bind(name, Bindable.listOf(String.class))
                    .orElse(List.of())
                    .isEmpty()) {
                return name;
            }
        }
        return null;
    }
}
