package io.github.headgate.configuration;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The names and types of properties, as the records that they are bound to have them. */
final class PropertyTree {

    /** What a map key may consist of and still be bound unaltered outside brackets. */
    private static final Pattern PLAIN_KEY = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_-]*");

    private PropertyTree() {}

    static List<String> namesOf(Class<?> record) {
        List<String> names = new ArrayList<>();
        for (RecordComponent component : record.getRecordComponents()) {
            names.add(kebab(component));
        }
        return names;
    }

    /** The component that a property name, in any of its relaxed forms, is bound to; null when there is none. */
    static @Nullable RecordComponent component(Class<?> record, String name) {
        for (RecordComponent component : record.getRecordComponents()) {
            if (uniform(component.getName()).equals(uniform(name))) {
                return component;
            }
        }
        return null;
    }

    /** The name as documentation writes it: {@code max-wait}. */
    static String kebab(RecordComponent component) {
        return component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    /** The path of a map's entry: {@code headgate.users.alice} or {@code headgate.users[auth0|42]}. */
    static String entry(String mapPath, String key) {
        return isPlainKey(key) ? mapPath + '.' + key : mapPath + '[' + key + ']';
    }

    static boolean isPlainKey(String key) {
        return PLAIN_KEY.matcher(key).matches();
    }

    static boolean isRecord(Type type) {
        return type instanceof Class<?> c && c.isRecord();
    }

    static boolean isMap(Type type) {
        return type instanceof ParameterizedType p && p.getRawType() == Map.class;
    }

    static boolean isList(Type type) {
        return type instanceof ParameterizedType p && p.getRawType() == List.class;
    }

    /** What a map holds. */
    static Type valueType(Type map) {
        return ((ParameterizedType) map).getActualTypeArguments()[1];
    }

    static String uniform(String name) {
        return name.replace("-", "").replace("_", "").toLowerCase(Locale.ROOT);
    }
}
