package io.github.headgate.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.SpringApplication;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.cloud.gateway.route.RouteLocator;
import org.springframework.context.ConfigurableApplicationContext;

/** Every YAML file that operators are given, bound and started. */
class ShippedConfigurationTest {

    static List<Path> files() throws Exception {
        try (Stream<Path> files = Files.walk(Path.of("../config"))) {
            return files.filter(file -> file.toString().matches(".*\\.ya?ml")).toList();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void fileStartsAGatewayWithARouteForEachProvider(Path file) throws Exception {
        SpringApplication application = new SpringApplication(SampleGatewayApplication.class);
        try (ConfigurableApplicationContext gateway = application.run(
                "--server.port=0",
                "--spring.config.location=" + file.toAbsolutePath().normalize().toUri())) {
            List<String> routes = gateway.getBean(RouteLocator.class)
                    .getRoutes()
                    .map(Route::getId)
                    .collectList()
                    .block();
            URI health = URI.create("http://localhost:"
                    + gateway.getEnvironment().getProperty("local.server.port") + "/actuator/health");
            int status = HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(health).build(), BodyHandlers.ofString())
                    .statusCode();

            assertThat(routes).containsExactlyInAnyOrder("openai", "claude", "deepseek", "glm", "deepinfra");
            assertThat(status).isEqualTo(200);
        }
    }

    @Test
    void folderBesideTheJarOverridesWhatIsPackedIntoIt(@TempDir Path installed) throws Exception {
        Path jar = Files.createFile(installed.resolve("sample-gateway.jar"));
        Files.createDirectory(installed.resolve("config"));
        Files.writeString(installed.resolve("config/application.yml"), "sample.stub.pace: 3ms\nserver.port: 0\n");
        SpringApplication application = new SpringApplication(SampleGatewayApplication.class);
        application.setDefaultProperties(SampleGatewayApplication.configurationBeside(jar.toFile()));

        try (ConfigurableApplicationContext gateway = application.run()) {
            assertThat(gateway.getEnvironment().getProperty("sample.stub.pace")).isEqualTo("3ms");
            assertThat(gateway.getEnvironment().getProperty("spring.application.name"))
                    .isEqualTo("headgate");
        }
    }

    @Test
    void jarWithoutAFolderBesideItStarts(@TempDir Path installed) throws Exception {
        Path jar = Files.createFile(installed.resolve("sample-gateway.jar"));
        SpringApplication application = new SpringApplication(SampleGatewayApplication.class);
        application.setDefaultProperties(SampleGatewayApplication.configurationBeside(jar.toFile()));

        try (ConfigurableApplicationContext gateway = application.run("--server.port=0")) {
            assertThat(gateway.isRunning()).isTrue();
        }
    }
}
