package io.github.headgate.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.netty.http.server.HttpServer;

class ServerVersionTest {

    @ParameterizedTest
    @ValueSource(strings = {"1.3.6", "1.3.7"})
    void serversThatStopReadingAreNamed(String version) {
        assertThat(ServerVersion.warning(version)).contains("Reactor Netty " + version, "use 1.3.8 or newer");
    }

    @Test
    void othersAreNot() {
        assertThat(ServerVersion.warning("1.3.5")).isNull();
        assertThat(ServerVersion.warning("1.3.8")).isNull();
        assertThat(ServerVersion.warning(null)).isNull();
    }

    @Test
    void theServerHereSaysItsVersionAndIsNone() {
        String version = HttpServer.class.getPackage().getImplementationVersion();

        assertThat(version).startsWith("1.");
        assertThat(ServerVersion.warning(version)).isNull();
    }
}
