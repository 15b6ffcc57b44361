package io.github.headgate.sample.upstream;

import io.github.headgate.sample.upstream.Upstream.Credential;
import java.net.InetAddress;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/**
 * The five providers by the names that {@code upstream://NAME} routes use, each led by two environment variables:
 * {@code ..._BASE_URL} and {@code ..._API_KEY}. Empty is as good as unset.
 */
@Component
final class Upstreams {

    private static final Logger log = LoggerFactory.getLogger(Upstreams.class);

    private final Environment environment;
    private final int gatewayPort;
    private final @Nullable InetAddress gatewayAddress;
    private final Map<String, Upstream> byName = new LinkedHashMap<>();

    /** @throws InvalidUpstreamException if a variable is not what it has to be */
    Upstreams(Environment environment) {
        this.environment = environment;
        this.gatewayPort = environment.getProperty("server.port", Integer.class, 8080);
        this.gatewayAddress = environment.getProperty("server.address", InetAddress.class);
        read("openai", "OPENAI", Credential.BEARER);
        read("claude", "ANTHROPIC", Credential.X_API_KEY_HEADER);
        read("deepseek", "DEEPSEEK", Credential.BEARER);
        read("glm", "GLM", Credential.BEARER);
        read("deepinfra", "DEEPINFRA", Credential.BEARER);
        log.info("Upstreams: {}", this);
    }

    private void read(String name, String prefix, Credential credential) {
        String baseUrlVariable = prefix + "_BASE_URL";
        String keyVariable = prefix + "_API_KEY";
        String baseUrl = value(baseUrlVariable);
        String key = value(keyVariable);
        URI parsed = baseUrl == null ? null : BaseUrl.parse(baseUrlVariable, baseUrl, gatewayPort, gatewayAddress);
        byName.put(name, new Upstream(parsed, key == null ? null : checkedKey(keyVariable, key), credential));
    }

    private @Nullable String value(String variable) {
        String value = environment.getProperty(variable, "").strip();
        return value.isEmpty() ? null : value;
    }

    private static String checkedKey(String variable, String key) {
        if (!key.chars().allMatch(c -> c > ' ' && c < 0x7F)) {
            throw new InvalidUpstreamException(
                    variable + " holds a character that an HTTP header cannot carry (its value is not shown).",
                    "Set %1$s to the provider's key: visible ASCII characters without spaces. Leave %1$s empty to pass on the caller's."
                            .formatted(variable));
        }
        return key;
    }

    /**
     * The upstream that a route leads to.
     *
     * @param name what stands after {@code upstream://}; null when that is no name at all
     * @throws InvalidUpstreamException if there is no upstream of that name
     */
    Upstream named(@Nullable String name, String routeId) {
        Upstream upstream = byName.get(name);
        if (upstream == null) {
            throw new InvalidUpstreamException(
                    "Route \"%s\" leads to upstream://%s, which is not there.".formatted(routeId, name),
                    "Lead it to upstream:// and one of %s, or to a URL such as https://api.example.com."
                            .formatted(String.join(", ", byName.keySet())));
        }
        return upstream;
    }

    /** Where each leads, for the log; without keys. */
    @Override
    public String toString() {
        return byName.toString();
    }
}
