package io.github.headgate.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The README against what it describes. */
class ReadmeTest {

    private static final Path README = Path.of("../README.md");

    private static final String ROUTE = """
            spring.cloud.gateway.server.webflux.routes:
              - id: mine
                uri: https://api.example.com
                predicates: [ Path=/mine/** ]
                filters:
            """;

    @Test
    void everyPropertyIsInTheTable() throws Exception {
        String readme = Files.readString(README);

        List<String> missing = new ArrayList<>();
        SortedSet<String> properties = properties();
        for (String property : properties) {
            String parent = property.substring(0, property.lastIndexOf('.'));
            boolean described = readme.contains("`" + property + "`")
                    || readme.contains("`" + parent + ".*`")
                    || readme.contains("`" + property + ".NAME.*`")
                    || readme.contains("`" + property + ".ID.*`");
            if (!described) {
                missing.add(property);
            }
        }

        assertThat(properties).contains("headgate.store", "sample.stub.pace");
        assertThat(missing).isEmpty();
    }

    static List<String> yaml() throws Exception {
        Matcher block = Pattern.compile("^```yaml\n(.*?)^```", Pattern.DOTALL | Pattern.MULTILINE)
                .matcher(Files.readString(README));
        List<String> documents = new ArrayList<>();
        while (block.find()) {
            // The long form of the filter stands by itself; it belongs under a route.
            documents.add(block.group(1).startsWith(" ") ? ROUTE + block.group(1) : block.group(1));
        }
        assertThat(documents).hasSizeGreaterThan(3);
        return documents;
    }

    @ParameterizedTest
    @MethodSource("yaml")
    void everyYamlExampleStarts(String yaml, @TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("example.yml"), yaml);
        List<String> arguments = new ArrayList<>(List.of("--spring.config.additional-location=" + file.toUri()));
        if (!yaml.startsWith("spring.security")) {
            arguments.add("--spring.security.oauth2.resourceserver.jwt.jwk-set-uri=https://id.example.com/jwks.json");
        }

        try (StartedSample sample = StartedSample.with(arguments.toArray(String[]::new))) {
            assertThat(sample.get("/actuator/health").statusCode()).isEqualTo(200);
        }
    }

    private static SortedSet<String> properties() throws Exception {
        SortedSet<String> names = new TreeSet<>();
        for (URL metadata : Collections.list(
                ReadmeTest.class.getClassLoader().getResources("META-INF/spring-configuration-metadata.json"))) {
            try (InputStream json = metadata.openStream()) {
                for (JsonNode property : JsonMapper.shared().readTree(json).path("properties")) {
                    String name = property.path("name").asString();
                    if (name.startsWith("headgate.") || name.startsWith("sample.")) {
                        names.add(name);
                    }
                }
            }
        }
        return names;
    }
}
