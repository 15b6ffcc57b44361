package io.github.headgate.sample.stub;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the stub provider behaves.
 *
 * @param pace the pause before each event of a stream; 0 for none
 */
@ConfigurationProperties("sample.stub")
public record StubProperties(@DefaultValue("20ms") Duration pace) {

    /** @throws IllegalArgumentException if the pace is negative */
    public StubProperties {
        if (pace.isNegative()) {
            throw new IllegalArgumentException("sample.stub.pace must not be negative: " + pace);
        }
    }
}
