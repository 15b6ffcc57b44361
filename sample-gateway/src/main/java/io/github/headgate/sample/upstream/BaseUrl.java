package io.github.headgate.sample.upstream;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads the variables that say where a provider is: scheme, host and port, and nothing that the gateway would drop. */
final class BaseUrl {

    private static final String ALLOWED =
            "Set %1$s to scheme, host and port only, such as https://api.example.com or http://10.0.0.7:8000;"
                    + " the caller's own path follows it. Leave %1$s empty for the stub provider.";

    private BaseUrl() {}

    /**
     * @param gatewayPort the port this gateway is going to listen on; 0 when the system is to choose it
     * @param gatewayAddress the address it is going to listen on; null for all
     * @throws InvalidUpstreamException if the value is not a base URL, or is this gateway's own address
     */
    static URI parse(String variable, String value, int gatewayPort, @Nullable InetAddress gatewayAddress) {
        URI url;
        try {
            url = new URI(value);
        } catch (URISyntaxException e) {
            throw invalid(variable, value, "which is not a URL: " + e.getReason());
        }
        String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw invalid(variable, value, "which does not begin with http:// or https://");
        }
        if (url.getRawUserInfo() != null) {
            throw invalid(variable, value, "which holds a user name or a password");
        }
        if (url.getHost() == null) {
            throw invalid(variable, value, "which has no valid host");
        }
        if (url.getPort() == 0 || url.getPort() > 65_535) {
            throw invalid(variable, value, "whose port is not 1 to 65535");
        }
        if (!url.getRawPath().isEmpty() && !url.getRawPath().equals("/")) {
            throw invalid(variable, value, "which has a path; the gateway would drop it");
        }
        if (url.getRawQuery() != null || url.getRawFragment() != null) {
            throw invalid(variable, value, "which has a query or a fragment; the gateway would drop it");
        }
        int defaultPort = scheme.equals("https") ? 443 : 80;
        int port = url.getPort() == -1 ? defaultPort : url.getPort();
        if (port == gatewayPort && isHere(url.getHost(), gatewayAddress)) {
            throw invalid(variable, value, "which is this gateway's own address; requests would go round in circles");
        }
        return URI.create(scheme + "://" + url.getRawAuthority());
    }

    private static boolean isHere(String host, @Nullable InetAddress gatewayAddress) {
        try {
            for (InetAddress address : InetAddress.getAllByName(host)) {
                if (isHere(address, gatewayAddress)) {
                    return true;
                }
            }
            return false;
        } catch (UnknownHostException e) {
            // It may resolve later, and then to another machine.
            return false;
        }
    }

    private static boolean isHere(InetAddress address, @Nullable InetAddress gatewayAddress) {
        if (gatewayAddress != null && !gatewayAddress.isAnyLocalAddress()) {
            return address.equals(gatewayAddress);
        }
        try {
            return address.isAnyLocalAddress()
                    || address.isLoopbackAddress()
                    || NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException e) {
            return false;
        }
    }

    /** The value without what may be a user name and a password. */
    private static String hidden(String value) {
        return value.replaceFirst("(?s)^([^:/?#]*://)?.*@", "$1***@");
    }

    private static InvalidUpstreamException invalid(String variable, String value, String problem) {
        return new InvalidUpstreamException(
                "%s is \"%s\", %s.".formatted(variable, hidden(value), problem), ALLOWED.formatted(variable));
    }
}
