package io.github.headgate.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A file under {@code config}, as a tree. */
final class ShippedFile {

    private static final Path FOLDER = Path.of("../config");

    private ShippedFile() {}

    static Path path(String name) {
        return FOLDER.resolve(name);
    }

    /** Every file there is. */
    static List<Path> all() throws IOException {
        try (Stream<Path> files = Files.walk(FOLDER)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    /** Also JSON, which is YAML. */
    static JsonNode tree(String name) throws IOException {
        Object document = new Yaml().load(Files.readString(path(name)));
        return JsonMapper.shared().valueToTree(document);
    }

    /** What stands at this pointer in each of these. */
    static List<String> texts(JsonNode array, String pointer) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(each -> each.at(pointer).asString())
                .toList();
    }
}
