package io.github.headgate.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.io.support.SpringFactoriesLoader.ArgumentResolver;

/** Starts an application with Headgate in it, and reads what the user is told when it does not start. */
public final class StartUp {

    private StartUp() {}

    /** An application with nothing configured. */
    public static ReactiveWebApplicationContextRunner runner() {
        return new ReactiveWebApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        DataRedisAutoConfiguration.class,
                        DataRedisReactiveAutoConfiguration.class,
                        HeadgateAutoConfiguration.class));
    }

    /** The same, with a YAML file read as an application's own. */
    public static ReactiveWebApplicationContextRunner runner(String yaml) {
        return runner().withInitializer(context -> {
            for (PropertySource<?> source : load(yaml)) {
                context.getEnvironment().getPropertySources().addLast(source);
            }
        });
    }

    private static List<PropertySource<?>> load(String yaml) {
        try {
            return new YamlPropertySourceLoader().load("application.yaml", new YamlFile(yaml));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The description that the first analyzer to understand the failure gives, as Spring Boot would print it. */
    public static String failure(ReactiveWebApplicationContextRunner runner) {
        AtomicReference<Environment> environment = new AtomicReference<>();
        AtomicReference<String> description = new AtomicReference<>("");
        runner.withInitializer(context -> environment.set(context.getEnvironment()))
                .run(context -> {
                    assertThat(context).hasFailed();
                    description.set(analyze(
                            Objects.requireNonNull(context.getStartupFailure()),
                            Objects.requireNonNull(environment.get())));
                });
        return Objects.requireNonNull(description.get());
    }

    private static String analyze(Throwable failure, Environment environment) {
        ArgumentResolver arguments = ArgumentResolver.of(Environment.class, environment);
        List<FailureAnalyzer> analyzers = SpringFactoriesLoader.forDefaultResourceLocation()
                .load(
                        FailureAnalyzer.class,
                        arguments,
                        SpringFactoriesLoader.FailureHandler.handleMessage((m, e) -> {}));
        for (FailureAnalyzer analyzer : analyzers) {
            FailureAnalysis analysis = analyzer.analyze(failure);
            if (analysis != null) {
                return analysis.getDescription();
            }
        }
        throw new AssertionError("a bare stack trace", failure);
    }

    private static final class YamlFile extends ByteArrayResource {

        YamlFile(String yaml) {
            super(yaml.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String getFilename() {
            return "application.yaml";
        }

        @Override
        public String getDescription() {
            return getFilename();
        }
    }
}
