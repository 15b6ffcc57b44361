package io.github.headgate.caller;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;

class ClientAddressTest {

    private static final InetSocketAddress PEER = new InetSocketAddress("10.0.0.9", 4711);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "192.0.2.1                | 192.0.2.1",
                " 192.0.2.1               | 192.0.2.1",
                "192.0.2.1:8080           | 192.0.2.1",
                "2001:DB8:0:0:0:0:0:1     | 2001:db8::1",
                "2001:db8::1              | 2001:db8::1",
                "[2001:db8::1]            | 2001:db8::1",
                "[2001:db8::1]:443        | 2001:db8::1",
                "[fe80::1%eth0]:443       | fe80::1",
                "fe80::1%eth0             | fe80::1",
                "::ffff:192.0.2.1         | 192.0.2.1",
                "::1                      | ::1",
                "''                       | -",
                "unknown                  | -",
                "_hidden                  | -",
                "example.com              | -",
                "192.0.2                  | -",
                "192.0.2.256              | -",
                "192.0.2.1.5              | -",
                "1.2.3.4, 5.6.7.8         | -",
                "[2001:db8::1             | -",
                "[2001:db8::1]x           | -",
                "2001:db8::12345          | -",
                "ip=192.0.2.1             | -",
                "{openai}                 | -",
            })
    void addressHasOneTextWithoutPortBracketsAndZone(String entry, @Nullable String expected) {
        assertThat(ClientAddress.canonical(entry)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "1 | a          | a",
                "1 | a,b,c      | c",
                "2 | a,b,c      | b",
                "3 | a,b,c      | a",
                "4 | a,b,c      | -",
                "1 | a,         | ''",
                "2 | a,         | a",
                "1 | ''         | ''",
                "2 | ''         | -",
                "1 | a,b;c,d    | d",
                "2 | a,b;c,d    | c",
                "3 | a,b;c,d    | b",
                "4 | a,b;c,d    | a",
                "5 | a,b;c,d    | -",
                "2 | a;b;c      | b",
            })
    void entriesOfAllLinesCountFromTheRight(int n, String lines, @Nullable String expected) {
        assertThat(ClientAddress.fromTheRight(List.of(lines.split(";", -1)), n)).isEqualTo(expected);
    }

    @Test
    void withoutTrustedHopsForwardedForIsNotRead() {
        MockServerHttpRequest request = request("203.0.113.7");

        assertThat(new ClientAddress(0).of(request)).isEqualTo("10.0.0.9");
    }

    @Test
    void leftmostEntryThatACallerInventedIsNotBelieved() {
        MockServerHttpRequest request = request("6.6.6.6, 203.0.113.7");

        assertThat(new ClientAddress(1).of(request)).isEqualTo("203.0.113.7");
    }

    @Test
    void fewerEntriesThanHopsMeanThatTheProxiesWerePassedBy() {
        MockServerHttpRequest request = request("203.0.113.7");

        assertThat(new ClientAddress(2).of(request)).isEqualTo("10.0.0.9");
    }

    @Test
    void entryThatIsNoAddressFallsBackToThePeer() {
        MockServerHttpRequest request = request("unknown");

        assertThat(new ClientAddress(1).of(request)).isEqualTo("10.0.0.9");
    }

    @Test
    void missingForwardedForFallsBackToThePeer() {
        MockServerHttpRequest request =
                MockServerHttpRequest.get("/").remoteAddress(PEER).build();

        assertThat(new ClientAddress(1).of(request)).isEqualTo("10.0.0.9");
    }

    @Test
    void requestWithoutAnyAddressHasNone() {
        MockServerHttpRequest request = MockServerHttpRequest.get("/").build();

        assertThat(new ClientAddress(0).of(request)).isNull();
    }

    private static MockServerHttpRequest request(String... forwardedFor) {
        return MockServerHttpRequest.get("/")
                .remoteAddress(PEER)
                .header("X-Forwarded-For", forwardedFor)
                .build();
    }
}
