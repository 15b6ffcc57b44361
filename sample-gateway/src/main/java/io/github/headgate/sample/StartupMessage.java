package io.github.headgate.sample;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/** Says, once the port is open, where the gateway listens, where it counts, and what to try. */
@Component
final class StartupMessage {

    private static final Logger log = LoggerFactory.getLogger(StartupMessage.class);

    private static final List<String> REDIS_SETTINGS = List.of(
            "REDIS_URL",
            "spring.data.redis.url",
            "spring.data.redis.host",
            "spring.data.redis.sentinel.nodes",
            "spring.data.redis.cluster.nodes");

    private final Environment environment;

    StartupMessage(Environment environment) {
        this.environment = environment;
    }

    @EventListener(ApplicationReadyEvent.class)
    void print() {
        String address = "http://localhost:" + environment.getProperty("local.server.port");
        log.info("""
                Headgate listens on {}, counting in the {} store. Try:

                curl -i {}/openai/v1/chat/completions -H 'Content-Type: application/json' -H 'X-User-Id: alice' \
                -d '{"model": "stub-model", "messages": [{"role": "user", "content": "Hello"}]}'
                """, address, store(), address);
    }

    private String store() {
        String store = environment.getProperty("headgate.store", "auto");
        if (!store.equals("auto")) {
            return store;
        }
        boolean redis = REDIS_SETTINGS.stream()
                .anyMatch(name -> !environment.getProperty(name, "").isEmpty());
        return redis ? "redis" : "local";
    }
}
