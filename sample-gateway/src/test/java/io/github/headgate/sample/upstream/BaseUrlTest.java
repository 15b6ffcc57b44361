package io.github.headgate.sample.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.NetworkInterface;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BaseUrlTest {

    @ParameterizedTest
    @CsvSource({
        "https://api.example.com, https://api.example.com",
        "https://api.example.com/, https://api.example.com",
        "HTTP://api.example.com, http://api.example.com",
        "http://10.0.0.7:8000, http://10.0.0.7:8000",
        "http://[2001:db8::7]:8000, http://[2001:db8::7]:8000",
        "http://localhost:8081, http://localhost:8081",
        "http://no-such-host.invalid:8080, http://no-such-host.invalid:8080"
    })
    void schemeHostAndPortAreRead(String value, String expected) {
        assertThat(BaseUrl.parse("OPENAI_BASE_URL", value, 8080, null)).hasToString(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "api.example.com | which does not begin with http:// or https://.",
                "ftp://api.example.com | which does not begin with http:// or https://.",
                "https:// | which is not a URL: Expected authority.",
                "https://my_host | which has no valid host.",
                "https://api.example.com:0 | whose port is not 1 to 65535.",
                "https://api.example.com:70000 | whose port is not 1 to 65535.",
                "https://api.example.com/v1 | which has a path; the gateway would drop it.",
                "https://api.example.com?a=b | which has a query or a fragment; the gateway would drop it.",
                "https://api.example.com#a | which has a query or a fragment; the gateway would drop it.",
                "http://localhost:8080 | which is this gateway's own address; requests would go round in circles.",
                "http://127.0.0.1:8080/ | which is this gateway's own address; requests would go round in circles.",
                "http://[::1]:8080 | which is this gateway's own address; requests would go round in circles.",
                "http://0.0.0.0:8080 | which is this gateway's own address; requests would go round in circles."
            })
    void whatTheGatewayCannotUseIsRefusedByName(String value, String problem) {
        assertThatThrownBy(() -> BaseUrl.parse("OPENAI_BASE_URL", value, 8080, null))
                .isInstanceOf(InvalidUpstreamException.class)
                .hasMessage("OPENAI_BASE_URL is \"" + value + "\", " + problem)
                .extracting(e -> ((InvalidUpstreamException) e).action())
                .isEqualTo("Set OPENAI_BASE_URL to scheme, host and port only, such as https://api.example.com or"
                        + " http://10.0.0.7:8000; the caller's own path follows it. Leave OPENAI_BASE_URL empty for the"
                        + " stub provider.");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "https://me:secret@api.example.com | https://***@api.example.com | holds a user name or a password.",
                "http://me:secret@my_host | http://***@my_host | has no valid host.",
                "https://me:s%cret@api.example.com | https://***@api.example.com | is not a URL: Malformed escape pair.",
                "htps://me:secret@api.example.com | htps://***@api.example.com | does not begin with http:// or https://.",
                "me:secret@api.example.com | ***@api.example.com | does not begin with http:// or https://.",
                "https:me:secret@api.example.com | ***@api.example.com | has no valid host.",
                "https://me:se/cret@api.example.com | https://***@api.example.com | has no valid host.",
                "http://me:80/secret@api.example.com | http://***@api.example.com | has a path; the gateway would drop it."
            })
    void passwordIsNotRepeated(String value, String shown, String problem) {
        assertThatThrownBy(() -> BaseUrl.parse("GLM_BASE_URL", value, 8080, null))
                .hasMessage("GLM_BASE_URL is \"" + shown + "\", which " + problem);
    }

    @ParameterizedTest
    @ValueSource(ints = {80, 443})
    void ownAddressIsFoundBehindADefaultPort(int port) {
        String value = (port == 80 ? "http" : "https") + "://localhost";

        assertThatThrownBy(() -> BaseUrl.parse("GLM_BASE_URL", value, port, null))
                .hasMessageContaining("own address");
    }

    @Test
    void ownAddressIsFoundOnEveryInterface() throws Exception {
        String address = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(each -> each.getAddress().length == 4)
                .findFirst()
                .orElseThrow()
                .getHostAddress();

        assertThatThrownBy(() -> BaseUrl.parse("GLM_BASE_URL", "http://" + address + ":8080", 8080, null))
                .hasMessageContaining("own address");
    }

    @Test
    void gatewayBoundToOneAddressLeavesTheOthersFree() throws Exception {
        InetAddress bound = InetAddress.getByName("127.0.0.2");

        assertThat(BaseUrl.parse("GLM_BASE_URL", "http://127.0.0.1:8080", 8080, bound))
                .hasToString("http://127.0.0.1:8080");
        assertThatThrownBy(() -> BaseUrl.parse("GLM_BASE_URL", "http://127.0.0.2:8080", 8080, bound))
                .hasMessageContaining("own address");
    }
}
