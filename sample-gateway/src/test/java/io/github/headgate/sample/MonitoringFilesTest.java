package io.github.headgate.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.metrics.HeadgateMeter;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import redis.embedded.RedisServer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What Prometheus and Grafana are given, against what a running sample with a Redis really exposes. */
class MonitoringFilesTest {

    private static final String CONFIGURATION = "prometheus/prometheus.yml";
    private static final String ALERTS = "prometheus/headgate-alerts.yml";
    private static final String DASHBOARD = "grafana/dashboards/headgate.json";

    /** Prometheus adds them to what it scrapes. */
    private static final Set<String> ADDED_LABELS = Set.of("job", "instance");

    private static Map<String, Map<String, Set<String>>> series = Map.of();

    @BeforeAll
    static void scrapeASampleThatGrantedDelayedDeniedAndTried() throws Exception {
        String metricsPath = ShippedFile.tree(CONFIGURATION)
                .at("/scrape_configs/0/metrics_path")
                .asString();
        String user = ShippedFile.tree(CONFIGURATION)
                .at("/scrape_configs/0/basic_auth/username")
                .asString();
        String basic =
                "Basic " + Base64.getEncoder().encodeToString((user + ":s3cret").getBytes(StandardCharsets.UTF_8));
        int redisPort = freePort();
        RedisServer redis = RedisServer.newRedisServer()
                .port(redisPort)
                .bind("127.0.0.1")
                .setting("save \"\"")
                .build();
        redis.start();
        try (StartedSample sample = StartedSample.with(
                "--REDIS_URL=redis://127.0.0.1:" + redisPort,
                "--spring.security.user.password=s3cret",
                "--headgate.mode=wait",
                "--headgate.users.waits.requests-per-minute=60",
                "--headgate.users.waits.burst-capacity=1",
                "--headgate.users.denied.requests-per-hour=1",
                "--headgate.providers.deepseek.shadow=true")) {
            sample.get("/deepseek/v1/models", "X-User-Id", "denied");
            sample.get("/deepseek/v1/models", "X-User-Id", "denied");
            for (String caller : List.of("denied", "denied", "denied", "waits", "waits")) {
                sample.get("/openai/v1/models", "X-User-Id", caller);
            }
            series = PromQl.seriesOf(
                    sample.get(metricsPath, "Authorization", basic).body());
        } finally {
            redis.stop();
        }
    }

    static List<String> expressions() throws Exception {
        List<String> expressions =
                new ArrayList<>(ShippedFile.texts(ShippedFile.tree(ALERTS).at("/groups/0/rules"), "/expr"));
        for (JsonNode panel : ShippedFile.tree(DASHBOARD).path("panels")) {
            expressions.addAll(ShippedFile.texts(panel.path("targets"), "/expr"));
        }
        return expressions;
    }

    @ParameterizedTest
    @MethodSource("expressions")
    void everyMetricLabelAndValueIsExposed(String expression) {
        PromQl query = PromQl.of(expression);

        Set<String> labels = new HashSet<>(ADDED_LABELS);
        assertThat(query.selectors()).isNotEmpty();
        query.selectors().forEach((metric, matchers) -> {
            if (!metric.equals("up")) {
                assertThat(series.keySet()).contains(metric);
                Map<String, Set<String>> exposed = series.getOrDefault(metric, Map.of());
                labels.addAll(exposed.keySet());
                assertThat(exposed.keySet()).containsAll(matchers.keySet());
                matchers.forEach((label, value) -> {
                    if (!value.startsWith("$")) {
                        assertThat(exposed.getOrDefault(label, Set.of())).contains(value);
                    }
                });
            }
        });
        assertThat(labels).containsAll(query.grouping());
    }

    @ParameterizedTest
    @MethodSource("expressions")
    void everyMetricIsOneOfHeadgatesMeters(String expression) {
        List<String> names = Arrays.stream(HeadgateMeter.values())
                .map(meter -> meter.meterName().replace('.', '_'))
                .toList();

        for (String metric : PromQl.of(expression).selectors().keySet()) {
            String name = metric.replaceAll("_(total|seconds_(bucket|count|sum|max))$", "");
            if (!name.equals("up")) {
                assertThat(names).contains(name);
            }
        }
    }

    /** Also where no expression is looked for, such as in the dashboard's variables. */
    @ParameterizedTest
    @MethodSource("io.github.headgate.sample.ShippedFile#all")
    void everyNameOfAMetricInAnyFileIsExposed(Path file) throws Exception {
        assertThat(Pattern.compile("\\bheadgate_\\w+")
                        .matcher(Files.readString(file))
                        .results()
                        .map(MatchResult::group))
                .isSubsetOf(series.keySet());
    }

    @Test
    void everyMeterIsExposed() {
        for (HeadgateMeter meter : HeadgateMeter.values()) {
            String name = meter.meterName().replace('.', '_');

            assertThat(series.keySet())
                    .anyMatch(metric -> metric.matches(Pattern.quote(name) + "(_total|_seconds_count)?"));
        }
    }

    @Test
    void dashboardShowsWhatAnOperatorAsksFirst() throws Exception {
        JsonNode dashboard = ShippedFile.tree(DASHBOARD);

        assertThat(ShippedFile.texts(dashboard.path("panels"), "/title"))
                .contains(
                        "Decisions by outcome",
                        "Denials by limit",
                        "Would have been denied",
                        "Waiting",
                        "Decision latency",
                        "Store state");
        assertThat(ShippedFile.texts(dashboard.path("panels"), "/id")).doesNotHaveDuplicates();
        assertThat(ShippedFile.texts(dashboard.path("panels"), "/datasource/uid"))
                .containsOnly("${datasource}");
    }

    @Test
    void legendsNameLabelsOfTheirSeries() throws Exception {
        for (JsonNode panel : ShippedFile.tree(DASHBOARD).path("panels")) {
            for (JsonNode target : panel.path("targets")) {
                Set<String> labels =
                        new HashSet<>(PromQl.of(target.path("expr").asString()).grouping());
                List<String> named = Pattern.compile("\\{\\{(\\w+)}}")
                        .matcher(target.path("legendFormat").asString())
                        .results()
                        .map(match -> match.group(1))
                        .toList();

                assertThat(labels.isEmpty() ? ADDED_LABELS : labels).containsAll(named);
            }
        }
    }

    @Test
    void dashboardAsksTheProvisionedDataSource() throws Exception {
        JsonNode variable = ShippedFile.tree(DASHBOARD).at("/templating/list/0");
        JsonNode source = ShippedFile.tree("grafana/provisioning/datasources/prometheus.yml")
                .at("/datasources/0");

        assertThat(variable.at("/name").asString()).isEqualTo("datasource");
        assertThat(variable.at("/query").asString())
                .isEqualTo(source.path("type").asString());
        assertThat(variable.at("/current/value").asString())
                .isEqualTo(source.path("uid").asString());
    }

    @Test
    void alertsCoverEachTrouble() throws Exception {
        JsonNode rules = ShippedFile.tree(ALERTS).at("/groups/0/rules");

        assertThat(ShippedFile.texts(rules, "/alert"))
                .contains(
                        "HeadgateGatewayDown",
                        "HeadgateStoreLocal",
                        "HeadgateChargesDropped",
                        "HeadgateDenialRatioHigh",
                        "HeadgateWaitingNearBound",
                        "HeadgateDecisionsSlow");
        assertThat(ShippedFile.texts(rules, "/labels/severity")).containsOnly("critical", "warning");
        assertThat(ShippedFile.texts(rules, "/annotations/summary")).doesNotContain("");
        assertThat(ShippedFile.texts(rules, "/annotations/description")).doesNotContain("");
    }

    @Test
    void waitingAlertStandsAtFourFifthsOfTheDefaultBound() throws Exception {
        JsonNode rules = ShippedFile.tree(ALERTS).at("/groups/0/rules");

        assertThat(ShippedFile.texts(rules, "/expr"))
                .contains("headgate_waiting > " + defaultOf("headgate.max-waiting") * 8 / 10);
    }

    @Test
    void prometheusFindsItsRules() throws Exception {
        JsonNode files = ShippedFile.tree(CONFIGURATION).path("rule_files");

        assertThat(files).hasSize(1);
        assertThat(ShippedFile.path(CONFIGURATION).resolveSibling(files.path(0).asString()))
                .exists();
    }

    private static int defaultOf(String property) throws Exception {
        URI metadata = HeadgateMeter.class
                .getClassLoader()
                .resources("META-INF/spring-configuration-metadata.json")
                .filter(url -> url.toString().contains("gateway-filter"))
                .findFirst()
                .orElseThrow()
                .toURI();
        try (var json = metadata.toURL().openStream()) {
            for (JsonNode each : JsonMapper.shared().readTree(json).path("properties")) {
                if (each.path("name").asString().equals(property)) {
                    return each.path("defaultValue").asInt();
                }
            }
        }
        throw new AssertionError(property + " has no default");
    }

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
