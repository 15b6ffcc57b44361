package io.github.headgate.sample;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The series that an expression of Prometheus reads, and the labels it groups by. */
record PromQl(Map<String, Map<String, String>> selectors, Set<String> grouping) {

    private static final Pattern GROUPING =
            Pattern.compile("\\b(?:by|on|without|ignoring|group_left|group_right)\\s*\\(([^)]*)\\)");
    private static final Pattern RANGE = Pattern.compile("\\[[^\\]]*\\]");
    private static final Pattern SELECTOR =
            Pattern.compile("(?<![\\w$.])([a-zA-Z_:][\\w:]*+)(?!\\s*\\()(?:\\{([^}]*)\\})?");
    private static final Pattern MATCHER = Pattern.compile("(\\w+)\\s*(?:=~|!~|!=|=)\\s*\"([^\"]*)\"");
    private static final Set<String> KEYWORDS = Set.of("and", "or", "unless", "bool", "offset");

    static PromQl of(String expression) {
        Set<String> grouping = new TreeSet<>();
        String rest = GROUPING.matcher(RANGE.matcher(expression).replaceAll("")).replaceAll(match -> {
            grouping.addAll(List.of(match.group(1).trim().split("\\s*,\\s*")));
            return "";
        });
        Map<String, Map<String, String>> selectors = new LinkedHashMap<>();
        Matcher selector = SELECTOR.matcher(rest);
        while (selector.find()) {
            if (!KEYWORDS.contains(selector.group(1))) {
                Map<String, String> matchers =
                        selectors.computeIfAbsent(selector.group(1), metric -> new LinkedHashMap<>());
                if (selector.group(2) != null) {
                    MATCHER.matcher(selector.group(2)).results().forEach(m -> matchers.put(m.group(1), m.group(2)));
                }
            }
        }
        return new PromQl(selectors, grouping);
    }

    /** The values of each label of each metric in a scrape. */
    static Map<String, Map<String, Set<String>>> seriesOf(String scrape) {
        Map<String, Map<String, Set<String>>> series = new LinkedHashMap<>();
        Pattern line = Pattern.compile("^([a-zA-Z_:][\\w:]*)(?:\\{(.*)\\})? \\S+$", Pattern.MULTILINE);
        line.matcher(scrape).results().forEach(sample -> {
            Map<String, Set<String>> labels = series.computeIfAbsent(sample.group(1), metric -> new LinkedHashMap<>());
            if (sample.group(2) != null) {
                MATCHER.matcher(sample.group(2))
                        .results()
                        .forEach(label -> labels.computeIfAbsent(label.group(1), name -> new HashSet<>())
                                .add(label.group(2)));
            }
        });
        return series;
    }
}
