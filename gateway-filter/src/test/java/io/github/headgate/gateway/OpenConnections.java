package io.github.headgate.gateway;

import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Added to a gateway, counts the connections that callers have open to it. */
@Configuration(proxyBeanMethods = false)
class OpenConnections {

    private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

    @Bean
    NettyServerCustomizer countConnections() {
        return server -> server.doOnChannelInit((observer, channel, remote) -> channels.add(channel));
    }

    static int of(TestGateway gateway) {
        return gateway.context().getBean(OpenConnections.class).channels.size();
    }
}
