package io.github.headgate.autoconfigure;

import io.github.headgate.configuration.InvalidConfigurationException;
import io.lettuce.core.AbstractRedisClient;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/**
 * The Redis client that Spring Boot has configured: single server, Sentinel or Cluster, with TLS and users. It is a
 * client of Headgate's own, configured alike but {@linkplain ImpatientConfiguration impatient}, which works on while a
 * pause of the application has ended the other; only a factory that does not tell where its server is lends its client.
 */
final class LettuceClient implements AutoCloseable {

    private static final RedisStandaloneConfiguration DEFAULT = new RedisStandaloneConfiguration();

    private final AbstractRedisClient client;
    private final boolean own;
    private final Runnable close;

    private LettuceClient(AbstractRedisClient client, boolean own, Runnable close) {
        this.client = client;
        this.own = own;
        this.close = close;
    }

    /**
     * @param boots whether Spring Boot has made the factory, not the application
     * @throws InvalidConfigurationException if there is no connection factory, or not one of Lettuce's
     */
    static LettuceClient of(@Nullable RedisConnectionFactory factory, boolean boots) {
        if (factory instanceof LettuceConnectionFactory lettuce) {
            RedisConfiguration servers = servers(lettuce, boots);
            return servers == null
                    ? new LettuceClient(lettuce.getRequiredNativeClient(), false, () -> {})
                    : own(new LettuceConnectionFactory(
                            servers, new ImpatientConfiguration(lettuce.getClientConfiguration())));
        }
        throw InvalidConfigurationException.of(
                "headgate.store",
                "redis",
                factory == null
                        ? "Spring Boot has no Redis connection factory here"
                        : "the connection factory is a " + factory.getClass().getSimpleName(),
                "local; or redis with Lettuce as the client, which spring.data.redis.client-type=lettuce chooses");
    }

    /** Where they are; null where the factory does not tell all. */
    private static @Nullable RedisConfiguration servers(LettuceConnectionFactory factory, boolean boots) {
        if (factory.getClass() != LettuceConnectionFactory.class) {
            // It may make its client in its own way.
            return null;
        }
        if (factory.getClusterConfiguration() != null) {
            return factory.getClusterConfiguration();
        }
        if (factory.getSentinelConfiguration() != null) {
            return factory.getSentinelConfiguration();
        }
        if (factory.getSocketConfiguration() != null) {
            return factory.getSocketConfiguration();
        }
        RedisStandaloneConfiguration one = factory.getStandaloneConfiguration();
        // A factory that was made for something else says this, too.
        boolean perhapsNone = one.getHostName().equals(DEFAULT.getHostName()) && one.getPort() == DEFAULT.getPort();
        return boots || !perhapsNone ? one : null;
    }

    private static LettuceClient own(LettuceConnectionFactory factory) {
        factory.afterPropertiesSet();
        return new LettuceClient(factory.getRequiredNativeClient(), true, factory::destroy);
    }

    /** Whether nobody else can end it. */
    boolean isOwn() {
        return own;
    }

    AbstractRedisClient client() {
        return client;
    }

    @Override
    public void close() {
        close.run();
    }
}
