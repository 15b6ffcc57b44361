package io.github.headgate.redis;

import io.lettuce.core.RedisURI;
import java.time.Duration;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.condition.EnabledIf;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/** The contract on the servers that people run, where a Docker engine is there to start them. */
@EnabledIf("dockerIsThere")
class ContainerStoreContractTest {

    static boolean dockerIsThere() {
        return DockerClientFactory.instance().isDockerAvailable();
    }

    @Nested
    class Redis7 extends InContainer {

        Redis7() {
            super("redis:7-alpine");
        }
    }

    @Nested
    class Redis8 extends InContainer {

        Redis8() {
            super("redis:8-alpine");
        }
    }

    @Nested
    class Valkey extends InContainer {

        Valkey() {
            super("valkey/valkey:8-alpine");
        }
    }

    private abstract static class InContainer extends RedisStoreContract {

        private final GenericContainer<?> container;

        InContainer(String image) {
            container = new GenericContainer<>(DockerImageName.parse(image)).withExposedPorts(6379);
        }

        @Override
        RedisURI startServer() {
            container.start();
            return RedisURI.builder()
                    .withHost(container.getHost())
                    .withPort(container.getMappedPort(6379))
                    .withTimeout(Duration.ofSeconds(10))
                    .build();
        }

        @Override
        void stopServer() {
            container.stop();
        }
    }
}
