package io.github.headgate.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** The compose file and the Kubernetes manifests, against the files, the names and the paths they rely on. */
class DeploymentFilesTest {

    private static final String COMPOSE = "compose/compose.yml";
    private static final Path COMPOSE_FOLDER = ShippedFile.path(COMPOSE).resolveSibling("");

    /** A kind of file that nothing here can parse is seen by name, and its test must be written. */
    @ParameterizedTest
    @MethodSource("io.github.headgate.sample.ShippedFile#all")
    void everyFileIsParsed(Path file) throws Exception {
        String name = file.getFileName().toString();
        if (name.matches(".*\\.(ya?ml|json)")) {
            assertThat(ShippedFile.tree(ShippedFile.path("").relativize(file).toString())
                            .isObject())
                    .isTrue();
        } else {
            assertThat(name).isIn("Dockerfile", "Dockerfile.dockerignore");
        }
    }

    @Test
    void composeStartsWhatThereIs() throws Exception {
        JsonNode compose = ShippedFile.tree(COMPOSE);

        assertThat(compose.path("services").propertyNames())
                .containsExactlyInAnyOrder("gateway", "redis", "prometheus", "grafana");
        for (JsonNode service : compose.path("services")) {
            for (JsonNode volume : service.path("volumes")) {
                String source = volume.asString().replaceFirst(":.*", "");
                if (source.startsWith(".")) {
                    assertThat(COMPOSE_FOLDER.resolve(source)).exists();
                } else {
                    assertThat(compose.path("volumes").propertyNames()).contains(source);
                }
            }
            for (JsonNode other : service.path("depends_on")) {
                assertThat(compose.path("services").propertyNames()).contains(other.asString());
            }
            for (JsonNode secret : service.path("secrets")) {
                assertThat(compose.path("secrets").propertyNames()).contains(secret.asString());
            }
        }
    }

    @Test
    void imageIsBuiltFromTheSamplesJar() throws Exception {
        JsonNode build = ShippedFile.tree(COMPOSE).at("/services/gateway/build");
        Path context = COMPOSE_FOLDER.resolve(build.path("context").asString());
        Path dockerfile = context.resolve(build.path("dockerfile").asString());
        String jar = "sample-gateway/target/sample-gateway-*.jar";

        assertThat(context.resolve("sample-gateway/pom.xml")).exists();
        assertThat(Files.readString(dockerfile)).contains("COPY " + jar + " sample-gateway.jar");
        assertThat(Files.readAllLines(dockerfile.resolveSibling("Dockerfile.dockerignore")))
                .containsExactly("*", "!" + jar);
    }

    @Test
    void composedGatewayListensWhereItIsPublishedScrapedAndProbed() throws Exception {
        String port = ShippedFile.tree("application.yml").at("/server/port").asString();
        JsonNode scrape = ShippedFile.tree("prometheus/prometheus.yml").at("/scrape_configs/0");

        assertThat(ShippedFile.tree(COMPOSE).at("/services/gateway/ports/0").asString())
                .endsWith(":" + port);
        assertThat(scrape.at("/dns_sd_configs/0/names/0").asString()).isEqualTo("gateway");
        assertThat(scrape.at("/dns_sd_configs/0/port").asString()).isEqualTo(port);
        assertThat(container().at("/ports/0/containerPort").asString()).isEqualTo(port);
    }

    @Test
    void composedGatewayAndPrometheusShareRedisAndPassword() throws Exception {
        JsonNode services = ShippedFile.tree(COMPOSE).path("services");
        JsonNode basic = ShippedFile.tree("prometheus/prometheus.yml").at("/scrape_configs/0/basic_auth");
        String secret = services.at("/prometheus/secrets/0").asString();

        assertThat(services.propertyNames())
                .contains(
                        URI.create(services.at("/gateway/environment/REDIS_URL").asString())
                                .getHost());
        assertThat(basic.path("password_file").asString()).isEqualTo("/run/secrets/" + secret);
        assertThat(services.at("/gateway/environment/SPRING_SECURITY_USER_PASSWORD")
                        .asString())
                .startsWith("${"
                        + ShippedFile.tree(COMPOSE)
                                .at("/secrets/" + secret + "/environment")
                                .asString());
    }

    @Test
    void composedGrafanaFindsItsDashboard() throws Exception {
        JsonNode grafana = ShippedFile.tree(COMPOSE).at("/services/grafana");
        String folder = ShippedFile.tree("grafana/provisioning/dashboards/headgate.yml")
                .at("/providers/0/options/path")
                .asString();

        assertThat(ShippedFile.texts(grafana.path("volumes"), "")).contains("../grafana/dashboards:" + folder + ":ro");
        assertThat(grafana.at("/environment/GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH")
                        .asString())
                .isEqualTo(folder + "/headgate.json");
        assertThat(ShippedFile.path("grafana/dashboards/headgate.json")).exists();
    }

    @Test
    void probedPathsAnswerWithoutLoginOrRedis() throws Exception {
        List<String> paths = new ArrayList<>();
        for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
            assertThat(container().at("/" + probe + "/httpGet/port").asString()).isEqualTo("http");
            paths.add(container().at("/" + probe + "/httpGet/path").asString());
        }

        try (StartedSample sample = StartedSample.with("--REDIS_URL=redis://127.0.0.1:1")) {
            for (String path : paths) {
                assertThat(sample.get(path).statusCode()).isEqualTo(200);
                assertThat(sample.get(path).body()).contains("UP");
            }
        }
    }

    @Test
    void secretOfTheDeploymentSetsTheRedis() throws Exception {
        JsonNode secret = ShippedFile.tree("kubernetes/secret.yml");
        String url = secret.at("/stringData/REDIS_URL").asString();

        assertThat(container().at("/envFrom/0/secretRef/name").asString())
                .isEqualTo(secret.at("/metadata/name").asString());
        try (StartedSample sample = StartedSample.with("--REDIS_URL=" + url)) {
            assertThat(sample.context().getEnvironment().getProperty("spring.data.redis.url"))
                    .isEqualTo(url);
        }
    }

    @Test
    void serviceAndAutoscalerMeanTheDeployment() throws Exception {
        JsonNode deployment = ShippedFile.tree("kubernetes/deployment.yml");
        JsonNode service = ShippedFile.tree("kubernetes/service.yml");
        JsonNode target = ShippedFile.tree("kubernetes/autoscaler.yml").at("/spec/scaleTargetRef");

        JsonNode labels = deployment.at("/spec/template/metadata/labels");
        assertThat(labels.isEmpty()).isFalse();
        assertThat(deployment.at("/spec/selector/matchLabels")).isEqualTo(labels);
        assertThat(service.at("/spec/selector")).isEqualTo(labels);
        assertThat(service.at("/spec/ports/0/targetPort").asString())
                .isEqualTo(container().at("/ports/0/name").asString());
        assertThat(target.path("kind").asString())
                .isEqualTo(deployment.path("kind").asString());
        assertThat(target.path("name").asString())
                .isEqualTo(deployment.at("/metadata/name").asString());
        // Utilization is a share of the request.
        assertThat(container().at("/resources/requests/cpu").asString()).isNotEmpty();
        assertThat(deployment.at("/spec").has("replicas")).isFalse();
    }

    @Test
    void podLivesAsLongAsItsShutdownMayTake() throws Exception {
        JsonNode pod = ShippedFile.tree("kubernetes/deployment.yml").at("/spec/template/spec");
        int pause = container().at("/lifecycle/preStop/exec/command/1").asInt();
        String timeout = variable("SPRING_LIFECYCLE_TIMEOUT_PER_SHUTDOWN_PHASE");

        assertThat(pause).isPositive();
        assertThat(timeout).matches("\\d+s");
        assertThat(pod.path("terminationGracePeriodSeconds").asInt())
                .isGreaterThan(pause + Integer.parseInt(timeout.replace("s", "")));
    }

    @Test
    void gatewayThatStartsWithoutRedisSharesWithAsManyAsThereMayBe() throws Exception {
        String most = ShippedFile.tree("kubernetes/autoscaler.yml")
                .at("/spec/maxReplicas")
                .asString();

        assertThat(variable("HEADGATE_REDIS_EXPECTED_GATEWAYS")).isEqualTo(most);
    }

    private static String variable(String name) throws Exception {
        String value = "";
        for (JsonNode variable : container().path("env")) {
            if (variable.path("name").asString().equals(name)) {
                value = variable.path("value").asString();
            }
        }
        return value;
    }

    private static JsonNode container() throws Exception {
        return ShippedFile.tree("kubernetes/deployment.yml").at("/spec/template/spec/containers/0");
    }
}
