package io.github.headgate.autoconfigure;

import io.github.headgate.configuration.InvalidConfigurationException;
import io.lettuce.core.AbstractRedisClient;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/**
 * The Redis client that Spring Boot has configured: single server, Sentinel or Cluster, with TLS and users. For Cluster
 * and Sentinel a client of Headgate's own, configured alike but {@linkplain ImpatientConfiguration impatient}.
 */
final class LettuceClient implements AutoCloseable {

    private final AbstractRedisClient client;
    private final Runnable close;

    private LettuceClient(AbstractRedisClient client, Runnable close) {
        this.client = client;
        this.close = close;
    }

    /** @throws InvalidConfigurationException if there is no connection factory, or not one of Lettuce's */
    static LettuceClient of(@Nullable RedisConnectionFactory factory) {
        if (factory instanceof LettuceConnectionFactory lettuce) {
            RedisConfiguration several = lettuce.getClusterConfiguration() != null
                    ? lettuce.getClusterConfiguration()
                    : lettuce.getSentinelConfiguration();
            // One of another class may make its client in its own way.
            return several == null || lettuce.getClass() != LettuceConnectionFactory.class
                    ? new LettuceClient(lettuce.getRequiredNativeClient(), () -> {})
                    : own(new LettuceConnectionFactory(
                            several, new ImpatientConfiguration(lettuce.getClientConfiguration())));
        }
        throw InvalidConfigurationException.of(
                "headgate.store",
                "redis",
                factory == null
                        ? "Spring Boot has no Redis connection factory here"
                        : "the connection factory is a " + factory.getClass().getSimpleName(),
                "local; or redis with Lettuce as the client, which spring.data.redis.client-type=lettuce chooses");
    }

    private static LettuceClient own(LettuceConnectionFactory factory) {
        factory.afterPropertiesSet();
        return new LettuceClient(factory.getRequiredNativeClient(), factory::destroy);
    }

    AbstractRedisClient client() {
        return client;
    }

    @Override
    public void close() {
        close.run();
    }
}
