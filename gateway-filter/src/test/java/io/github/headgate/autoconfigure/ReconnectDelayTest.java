package io.github.headgate.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.resource.ClientResources;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReconnectDelayTest {

    @Test
    void manyGatewaysComeBackSoonAndNotTogether() {
        ClientResources.Builder builder = ClientResources.builder();
        new HeadgateAutoConfiguration.InRedis().headgateReconnectDelay().customize(builder);
        ClientResources resources = builder.build();

        Set<Long> delays = IntStream.range(0, 100)
                .mapToObj(i -> resources.reconnectDelay().createDelay(20).toMillis())
                .collect(Collectors.toSet());

        assertThat(delays).hasSizeGreaterThan(20).allMatch(delay -> delay >= 0 && delay <= 500);
        var unused = resources.shutdown();
    }
}
