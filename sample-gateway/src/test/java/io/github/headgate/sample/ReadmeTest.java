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
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The README against what it describes. */
class ReadmeTest {

    @Test
    void everyPropertyIsInTheTable() throws Exception {
        String readme = Files.readString(Path.of("../README.md"));

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
