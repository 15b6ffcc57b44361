package io.github.headgate.configuration;

import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.List;

/** Follows one property's name, as it is written, down the tree of properties, and finds where it leaves the tree. */
final class PropertyNameWalk {

    private final WrittenProperty property;
    private final List<NameSegment> segments;
    private final YamlNames yaml;
    private final AlikeNames names;
    private final Problems problems;

    private Type type = HeadgateProperties.class;
    private String path = HeadgateProperties.PREFIX;

    /** @param property one whose first segment is {@code headgate} */
    PropertyNameWalk(WrittenProperty property, YamlNames yaml, AlikeNames names, Problems problems) {
        this.property = property;
        this.segments = property.segments();
        this.yaml = yaml;
        this.names = names;
        this.problems = problems;
    }

    void check() {
        for (int i = 1; i < segments.size(); i++) {
            if (!enter(i)) {
                return;
            }
        }
        if (!isEmptySection()) {
            checkValue();
        }
    }

    private void checkValue() {
        String value = property.value();
        if (PropertyTree.isMap(type) && !value.isBlank()) {
            problems.add(path, value, "it has names below it, not a value", path + ".NAME");
        } else if (type instanceof Class<?> here && here.isRecord()) {
            problems.add(path, value, "it has properties below it, not a value", Allowed.ofType(path, here));
        } else if (type instanceof Class<?> here && value.isBlank()) {
            problems.missing(path, Allowed.ofType(path, here));
        }
    }

    /** A section whose properties are all commented out. An empty rule, tier or user is a mistake, not a section. */
    private boolean isEmptySection() {
        return property.value().isBlank()
                && (type == HeadgateProperties.class
                        || type == HeadgateProperties.Redis.class
                        || type == HeadgateProperties.Local.class);
    }

    private boolean enter(int i) {
        if (PropertyTree.isRecord(type)) {
            return enterProperty(i, (Class<?>) type);
        }
        if (PropertyTree.isMap(type)) {
            return enterEntry(i);
        }
        if (PropertyTree.isList(type) && segments.get(i).bracketed()) {
            return true;
        }
        return refuse("there is no such property", path);
    }

    private boolean enterProperty(int i, Class<?> record) {
        NameSegment segment = segments.get(i);
        RecordComponent component = segment.bracketed() ? null : PropertyTree.component(record, segment.text());
        if (component == null) {
            return refuse(
                    "there is no property \"" + segment.text() + "\" under " + path,
                    Allowed.oneOf(PropertyTree.namesOf(record)));
        }
        path += '.' + PropertyTree.kebab(component);
        type = component.getGenericType();
        return true;
    }

    private boolean enterEntry(int i) {
        NameSegment segment = segments.get(i);
        Class<?> entry = (Class<?>) PropertyTree.valueType(type);
        String key = segment.bracketed() ? segment.text() : dottedKey(i, entry);
        if (!segment.bracketed() && !PropertyTree.isPlainKey(key)) {
            return refuse(
                    "binding would alter the name \"" + key
                            + "\": outside brackets only letters, digits, \"_\" and, not in front, \"-\" stay",
                    "the name in brackets, \"[" + key + "]\" in YAML, " + path + '[' + key + "] elsewhere");
        }
        if (key.startsWith("[") && key.endsWith("]")) {
            return refuse(
                    "YAML takes brackets without quotes for a list", "the name in brackets and quotes, \"" + key + '"');
        }
        if (yaml.isMade(key, property.origin())) {
            return refuse(
                    "YAML has made the name \"" + key + "\" of what is written without quotes",
                    "the name in quotes, as in \"0042\", \"1_000\" or \"yes\"");
        }
        String alike = names.seenBefore(path, segment);
        if (alike != null) {
            return refuse(
                    "binding cannot tell the name \"" + key + "\" from \"" + alike
                            + "\": outside brackets it ignores case, \"-\" and \"_\"",
                    "both names in brackets, \"[" + key + "]\" in YAML, " + path + '[' + key + "] elsewhere");
        }
        path = PropertyTree.entry(path, key);
        type = entry;
        return true;
    }

    private boolean refuse(String reason, String allowed) {
        problems.add(property.name(), property.value(), reason, allowed);
        return false;
    }

    /** The key that is meant: {@code john.doe} where {@code tier} follows, although binding would see {@code john}. */
    private String dottedKey(int i, Class<?> entry) {
        StringBuilder key = new StringBuilder(segments.get(i).text());
        for (int next = i + 1; next < segments.size(); next++) {
            NameSegment segment = segments.get(next);
            if (!segment.bracketed() && PropertyTree.component(entry, segment.text()) != null) {
                return key.toString();
            }
            key.append(segment.bracketed() ? "[" + segment.text() + ']' : "." + segment.text());
        }
        return segments.get(i).text();
    }
}
