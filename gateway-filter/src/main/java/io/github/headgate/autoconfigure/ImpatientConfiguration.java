package io.github.headgate.autoconfigure;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ReadFrom;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslVerifyMode;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.Optional;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.RedisCredentialsProviderFactory;

/**
 * Another client's configuration with shorter timeouts. To hear which master of a cluster holds what, all its nodes are
 * asked and waited for, and connecting to a primary waits for its greeting: a silent one would hide for over a minute
 * that its replica has been promoted.
 */
final class ImpatientConfiguration implements LettuceClientConfiguration {

    private static final Duration MOST = Duration.ofSeconds(1);

    private final LettuceClientConfiguration configured;

    ImpatientConfiguration(LettuceClientConfiguration configured) {
        this.configured = configured;
    }

    private static Duration atMost(Duration timeout) {
        return timeout.compareTo(MOST) < 0 ? timeout : MOST;
    }

    @Override
    public Duration getCommandTimeout() {
        return atMost(configured.getCommandTimeout());
    }

    @Override
    public Optional<ClientOptions> getClientOptions() {
        return configured.getClientOptions().map(options -> {
            SocketOptions socket = options.getSocketOptions();
            return options.mutate()
                    .socketOptions(socket.mutate()
                            .connectTimeout(atMost(socket.getConnectTimeout()))
                            .build())
                    .build();
        });
    }

    @Override
    public boolean isUseSsl() {
        return configured.isUseSsl();
    }

    @Override
    @Deprecated
    @SuppressWarnings({"deprecation", "InlineMeSuggester"})
    public boolean isVerifyPeer() {
        return configured.isVerifyPeer();
    }

    @Override
    public SslVerifyMode getVerifyMode() {
        return configured.getVerifyMode();
    }

    @Override
    public boolean isStartTls() {
        return configured.isStartTls();
    }

    @Override
    public Optional<ClientResources> getClientResources() {
        return configured.getClientResources();
    }

    @Override
    public Optional<String> getClientName() {
        return configured.getClientName();
    }

    @Override
    public Optional<ReadFrom> getReadFrom() {
        return configured.getReadFrom();
    }

    @Override
    public Optional<RedisCredentialsProviderFactory> getRedisCredentialsProviderFactory() {
        return configured.getRedisCredentialsProviderFactory();
    }

    @Override
    public Duration getShutdownTimeout() {
        return configured.getShutdownTimeout();
    }

    @Override
    public Duration getShutdownQuietPeriod() {
        return configured.getShutdownQuietPeriod();
    }
}
