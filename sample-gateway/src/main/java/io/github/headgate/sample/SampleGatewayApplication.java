package io.github.headgate.sample;

import java.io.File;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.system.ApplicationHome;

/** A gateway to five LLM providers with limits on every route, and a stub provider behind them until told otherwise. */
@SpringBootApplication
public class SampleGatewayApplication {

    /** Starts the gateway. A {@code config} folder beside the jar overrides what is packed into it. */
    public static void main(String[] args) {
        SpringApplication application = new SpringApplication(SampleGatewayApplication.class);
        File source = new ApplicationHome(SampleGatewayApplication.class).getSource();
        if (source != null && source.isFile()) {
            // Boot itself looks in the working directory only, which need not be the jar's.
            File config = new File(source.getAbsoluteFile().getParentFile(), "config");
            application.setDefaultProperties(
                    Map.of("spring.config.additional-location", "optional:" + config.toURI() + "/"));
        }
        application.run(args);
    }
}
