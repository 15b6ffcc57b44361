package io.github.headgate.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.route.RouteLocator;

/** Every YAML file that Spring reads, bound and started, and where operators may put their own. */
class ShippedConfigurationTest {

    static List<Path> files() throws Exception {
        try (Stream<Path> files = Files.list(Path.of("../config"))) {
            return files.filter(file -> file.toString().matches(".*\\.ya?ml")).toList();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void fileStartsAGatewayWithARouteForEachProvider(Path file) throws Exception {
        String location = file.toAbsolutePath().normalize().toUri().toString();
        try (StartedSample sample = StartedSample.with("--spring.config.location=" + location)) {
            List<String> routes = sample.context()
                    .getBean(RouteLocator.class)
                    .getRoutes()
                    .map(Route::getId)
                    .collectList()
                    .block();

            assertThat(routes).containsExactlyInAnyOrder("openai", "claude", "deepseek", "glm", "deepinfra");
            assertThat(sample.get("/actuator/health").statusCode()).isEqualTo(200);
        }
    }

    /** Boot reads {@code config/*}{@code /application.yml} too, and what stands there would win. */
    @Test
    void folderForAnotherEngineHoldsNothingThatSpringReads() throws Exception {
        try (Stream<Path> files = Files.walk(Path.of("../config"))) {
            assertThat(files.filter(
                            file -> file.getFileName().toString().matches("application.*\\.(ya?ml|properties)")))
                    .containsExactly(Path.of("../config/application.yml"));
        }
    }

    @ParameterizedTest
    @CsvSource({"free, 10", "pro, 100", "enterprise, 1000"})
    void tierSetsTheLimitOfAUserInIt(String tier, String perMinute) throws Exception {
        try (StartedSample sample = StartedSample.with("--headgate.users.alice.tier=" + tier)) {
            HttpResponse<String> response = sample.get("/openai/v1/models", "X-User-Id", "alice");

            assertThat(response.headers().allValues("x-ratelimit-limit-requests"))
                    .containsExactly(perMinute);
        }
    }

    @Test
    void folderBesideTheJarOverridesWhatIsPackedIntoIt(@TempDir Path installed) throws Exception {
        Path jar = Files.createFile(installed.resolve("sample-gateway.jar"));
        Files.createDirectory(installed.resolve("config"));
        Files.writeString(installed.resolve("config/application.yml"), "sample.stub.pace: 3ms\n");

        try (StartedSample sample = StartedSample.with(SampleGatewayApplication.configurationBeside(jar.toFile()))) {
            assertThat(sample.context().getEnvironment().getProperty("sample.stub.pace"))
                    .isEqualTo("3ms");
            assertThat(sample.context().getEnvironment().getProperty("spring.application.name"))
                    .isEqualTo("headgate");
        }
    }

    @Test
    void jarWithoutAFolderBesideItStarts(@TempDir Path installed) throws Exception {
        Path jar = Files.createFile(installed.resolve("sample-gateway.jar"));

        try (StartedSample sample = StartedSample.with(SampleGatewayApplication.configurationBeside(jar.toFile()))) {
            assertThat(sample.context().isRunning()).isTrue();
        }
    }
}
