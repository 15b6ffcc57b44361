package io.github.headgate.autoconfigure;

import io.github.headgate.configuration.InvalidConfigurationException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.core.env.Environment;
import org.springframework.data.redis.connection.RedisStaticMasterReplicaConfiguration;

/** How an application tells Spring Boot where its Redis is, and what of that Headgate cannot use. */
final class RedisSettings {

    static final String URL = "spring.data.redis.url";

    private static final List<String> SINGLE =
            List.of(URL, "spring.data.redis.host", "spring.data.redis.sentinel.master");
    private static final String MASTER_AND_REPLICAS = "spring.data.redis.masterreplica.nodes";
    private static final List<String> LISTS =
            List.of("spring.data.redis.cluster.nodes", "spring.data.redis.sentinel.nodes", MASTER_AND_REPLICAS);

    private RedisSettings() {}

    /** The first such property that has a value; null when none has. */
    static @Nullable String present(Environment environment) {
        for (String name : SINGLE) {
            String value = environment.getProperty(name);
            if (value != null && !value.isBlank()) {
                return name;
            }
        }
        for (String name : LISTS) {
            if (!list(environment, name).isEmpty()) {
                return name;
            }
        }
        return null;
    }

    /**
     * Refuses a list of a master and its replicas: nobody says which of them is the master after a fail-over, and one
     * that is asked for a decision must be.
     *
     * @throws InvalidConfigurationException if there is such a list, in a property or a bean
     */
    static void refuseMasterAndReplicas(Environment environment, ListableBeanFactory beans) {
        List<String> nodes = list(environment, MASTER_AND_REPLICAS);
        if (!nodes.isEmpty()) {
            throw refused(MASTER_AND_REPLICAS, String.join(",", nodes));
        }
        for (String name : beans.getBeanNamesForType(RedisStaticMasterReplicaConfiguration.class, true, false)) {
            throw refused("bean", name);
        }
        beans.getBeansOfType(DataRedisConnectionDetails.class).forEach((name, details) -> {
            if (details.getMasterReplica() != null) {
                throw refused("bean", name);
            }
        });
    }

    private static InvalidConfigurationException refused(String path, String value) {
        return InvalidConfigurationException.of(
                path,
                value,
                "limits are counted by one master, and nobody tells which server of such a list it is",
                "the master's address in spring.data.redis.url, or spring.data.redis.sentinel.* or"
                        + " spring.data.redis.cluster.nodes; with headgate.store=local also such a list");
    }

    private static List<String> list(Environment environment, String name) {
        return Binder.get(environment).bind(name, Bindable.listOf(String.class)).orElse(List.of());
    }
}
