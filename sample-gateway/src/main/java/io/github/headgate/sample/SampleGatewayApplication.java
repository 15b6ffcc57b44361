package io.github.headgate.sample;

import java.io.File;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.security.autoconfigure.ReactiveUserDetailsServiceAutoConfiguration;
import org.springframework.boot.security.autoconfigure.actuate.web.reactive.ReactiveManagementWebSecurityAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.reactive.ReactiveWebSecurityAutoConfiguration;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.web.reactive.ReactiveOAuth2ResourceServerWebSecurityAutoConfiguration;
import org.springframework.boot.system.ApplicationHome;

/** A gateway to five LLM providers with limits on every route, and a stub provider behind them until told otherwise. */
// Security is all or nothing for Boot: with it on the class path every path would ask for a password. The sample's own
// chains stand in the package security.
@SpringBootApplication(
        exclude = {
            ReactiveUserDetailsServiceAutoConfiguration.class,
            ReactiveWebSecurityAutoConfiguration.class,
            ReactiveManagementWebSecurityAutoConfiguration.class,
            ReactiveOAuth2ResourceServerWebSecurityAutoConfiguration.class
        })
public class SampleGatewayApplication {

    /** Starts the gateway. A {@code config} folder beside the jar overrides what is packed into it. */
    public static void main(String[] args) {
        SpringApplication application = new SpringApplication(SampleGatewayApplication.class);
        application.setDefaultProperties(
                configurationBeside(new ApplicationHome(SampleGatewayApplication.class).getSource()));
        application.run(args);
    }

    /**
     * Makes Boot look for a {@code config} folder beside the jar. By itself it looks in the working directory only, and
     * that need not be the jar's.
     *
     * @param source the jar, or the folder of classes, or null when it is neither
     */
    static Map<String, Object> configurationBeside(@Nullable File source) {
        if (source == null || !source.isFile()) {
            return Map.of();
        }
        File config = new File(source.getAbsoluteFile().getParentFile(), "config");
        return Map.of("spring.config.additional-location", "optional:" + folder(config));
    }

    /** With the slash at the end that a folder which does not exist is not given. */
    private static String folder(File folder) {
        String uri = folder.toURI().toString();
        return uri.endsWith("/") ? uri : uri + "/";
    }
}
