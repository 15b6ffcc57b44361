package io.github.headgate.autoconfigure;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import org.apache.commons.logging.Log;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.logging.DeferredLogFactory;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Makes {@code REDIS_URL}, when it is set and not empty, {@code spring.data.redis.url}.
 *
 * <p>An application that says itself where its Redis is, by a URL, a host, a Cluster or Sentinels, is left alone, and
 * the log says so: a URL beside a host would silently win over it in Spring Boot. An empty {@code REDIS_URL}, which
 * compose files and charts leave behind, counts as not set; Spring Boot would refuse to start with it.
 */
final class RedisUrlEnvironmentPostProcessor implements EnvironmentPostProcessor, Ordered {

    static final String VARIABLE = "REDIS_URL";

    private final Log log;

    RedisUrlEnvironmentPostProcessor(DeferredLogFactory logs) {
        this.log = logs.getLog(RedisUrlEnvironmentPostProcessor.class);
    }

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        String url = environment.getProperty(VARIABLE);
        if (url == null || url.isBlank() || !OnEnabledCondition.isEnabled(environment)) {
            return;
        }
        String explicit = RedisSettings.present(environment);
        if (explicit != null) {
            log.info(VARIABLE + " is not used, because " + explicit + " says where Redis is");
            return;
        }
        environment
                .getPropertySources()
                .addLast(new MapPropertySource("headgateRedisUrl", Map.of(RedisSettings.URL, withPort(url.trim()))));
    }

    /** Boot takes a URL without a port for one with port -1, and fails with a bare stack trace. */
    private static String withPort(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            return url; // Boot says what is wrong with it.
        }
        if (uri.getHost() == null || uri.getPort() >= 0) {
            return url;
        }
        String authority = uri.getRawAuthority();
        int end = url.indexOf(authority) + authority.length();
        return url.substring(0, end) + ":6379" + url.substring(end);
    }

    /** After the configuration files are read, which may say where Redis is. */
    @Override
    public int getOrder() {
        return Ordered.LOWEST_PRECEDENCE;
    }
}
