package io.github.headgate.caller;

import io.netty.channel.Channel;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import reactor.netty.http.server.HttpServerRequest;

/**
 * The address of the client, as far as it can be believed.
 *
 * <p>Read from the server's native request, below everything that rewrites the exchange:
 * {@code server.forward-headers-strategy: framework} replaces the exchange's remote address by the leftmost
 * {@code X-Forwarded-For} entry and removes that header, {@code native} replaces the server's own notion of the remote
 * address, and filters edit headers. What the client sent, and the channel's peer, are left alone by all of them.
 */
final class ClientAddress {

    private static final String FORWARDED_FOR = "X-Forwarded-For";

    private final int trustedHops;

    ClientAddress(int trustedHops) {
        this.trustedHops = trustedHops;
    }

    /** An IPv4 or IPv6 address in its one canonical text, without port and zone; null when there is none. */
    @Nullable
    String of(ServerHttpRequest request) {
        HttpServerRequest server = nativeRequest(request);
        if (trustedHops > 0) {
            List<String> lines = server == null
                    ? request.getHeaders().getOrEmpty(FORWARDED_FOR)
                    : server.requestHeaders().getAll(FORWARDED_FOR);
            String entry = fromTheRight(lines, trustedHops);
            String address = entry == null ? null : canonical(entry);
            if (address != null) {
                return address;
            }
        }
        return server == null ? canonical(request.getRemoteAddress()) : socketPeer(server);
    }

    private static @Nullable HttpServerRequest nativeRequest(ServerHttpRequest request) {
        Object candidate;
        try {
            candidate = ServerHttpRequestDecorator.getNativeRequest(request);
        } catch (IllegalArgumentException | IllegalStateException notServedByANativeServer) {
            return null;
        }
        return candidate instanceof HttpServerRequest server ? server : null;
    }

    /**
     * Without trusted hops the server's notion is right, and knows of the PROXY protocol, which a load balancer speaks
     * once for a whole connection. With them it may be the leftmost entry.
     */
    private @Nullable String socketPeer(HttpServerRequest server) {
        if (trustedHops == 0) {
            return canonical(server.remoteAddress());
        }
        SocketAddress[] peer = new SocketAddress[1];
        server.withConnection(connection -> {
            Channel channel = connection.channel();
            peer[0] = channel.remoteAddress();
        });
        return canonical(peer[0]);
    }

    /** The n-th entry from the right, several lines counting as one list in their order; null when there are fewer. */
    static @Nullable String fromTheRight(List<String> lines, int n) {
        int left = n;
        for (int i = lines.size() - 1; i >= 0; i--) {
            String line = lines.get(i);
            int end = line.length();
            while (end >= 0) {
                int comma = line.lastIndexOf(',', end - 1);
                left--;
                if (left == 0) {
                    return line.substring(comma + 1, end);
                }
                end = comma;
            }
        }
        return null;
    }

    private static @Nullable String canonical(@Nullable SocketAddress address) {
        if (!(address instanceof InetSocketAddress socket)) {
            return null;
        }
        InetAddress resolved = socket.getAddress();
        return resolved == null ? canonical(socket.getHostString()) : NetUtil.toAddressString(resolved);
    }

    /** Accepts {@code 192.0.2.1}, {@code 192.0.2.1:80}, {@code 2001:db8::1}, {@code [2001:db8::1%eth0]:80}. */
    static @Nullable String canonical(String entry) {
        String text = withoutZone(withoutPort(entry.strip()));
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
        if (bytes == null) {
            return null;
        }
        try {
            return NetUtil.toAddressString(InetAddress.getByAddress(bytes));
        } catch (UnknownHostException wrongLength) {
            return null;
        }
    }

    private static String withoutPort(String text) {
        if (text.startsWith("[")) {
            int close = text.indexOf(']');
            boolean onlyPortFollows = close > 0 && (close == text.length() - 1 || text.charAt(close + 1) == ':');
            return onlyPortFollows ? text.substring(1, close) : "";
        }
        int colon = text.indexOf(':');
        boolean oneColon = colon >= 0 && colon == text.lastIndexOf(':');
        return oneColon ? text.substring(0, colon) : text;
    }

    private static String withoutZone(String text) {
        int percent = text.indexOf('%');
        return percent < 0 ? text : text.substring(0, percent);
    }
}
