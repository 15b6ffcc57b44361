package io.github.headgate.sample;

import io.github.headgate.LimitStore;
import io.github.headgate.failover.FailoverStore;
import io.github.headgate.failover.StoreState;
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

    private final Environment environment;
    private final LimitStore store;

    StartupMessage(Environment environment, LimitStore store) {
        this.environment = environment;
        this.store = store;
    }

    @EventListener(ApplicationReadyEvent.class)
    void print() {
        String address = "http://localhost:" + environment.getProperty("local.server.port");
        log.info("""
                Headgate listens on {}, counting in this store: {}. Try:

                curl -i {}/openai/v1/chat/completions -H 'Content-Type: application/json' -H 'X-User-Id: alice' \
                -d '{"model": "stub-model", "messages": [{"role": "user", "content": "Hello"}]}'
                """, address, store(), address);
    }

    private String store() {
        if (store instanceof FailoverStore shared) {
            return shared.state().mode() == StoreState.Mode.SHARED
                    ? "redis"
                    : "local (redis is configured, and used as soon as it answers)";
        }
        return "local";
    }
}
