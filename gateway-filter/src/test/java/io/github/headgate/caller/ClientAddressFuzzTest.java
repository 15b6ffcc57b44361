package io.github.headgate.caller;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.testing.InputFuzzer;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Whatever a forwarded address says, it is an address in its one spelling or none. */
class ClientAddressFuzzTest extends InputFuzzer {

    private static final List<String> PIECES = List.of(
            "192.0.2.1",
            "2001:db8::1",
            "::ffff:192.0.2.1",
            "::",
            ":",
            "[",
            "]",
            "[2001:db8::1%eth0]:80",
            ":80",
            "%",
            ".",
            ",",
            ", ",
            " ",
            "\t",
            "255",
            "0",
            "f",
            "unknown",
            "_hidden",
            "for=",
            "\"");

    @Override
    protected void attempt(RandomGenerator random) {
        String address = ClientAddress.canonical(text(random, PIECES));
        if (address != null) {
            assertThat(address).matches("[0-9a-f.:]{2,45}");
            assertThat(ClientAddress.canonical(address)).isEqualTo(address);
            assertThat(ClientAddress.canonical('[' + address + "]:443")).isEqualTo(address);
        }

        List<String> lines = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            lines.add(text(random, PIECES));
        }
        int hops = random.nextInt(1, 12);
        String[] entries =
                lines.isEmpty() ? new String[0] : String.join(",", lines).split(",", -1);
        assertThat(ClientAddress.fromTheRight(lines, hops))
                .isEqualTo(hops > entries.length ? null : entries[entries.length - hops]);
    }
}
