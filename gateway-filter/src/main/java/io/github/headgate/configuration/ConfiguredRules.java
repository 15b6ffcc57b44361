package io.github.headgate.configuration;

import io.github.headgate.Rule;
import io.github.headgate.UserId;
import io.github.headgate.configuration.HeadgateProperties.Limits;
import io.github.headgate.rules.NeverBinding;
import io.github.headgate.rules.RuleBook;
import io.github.headgate.rules.RuleBookBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Makes the book of rules from the configuration, and finds the configured limits that can never bind. */
public final class ConfiguredRules {

    private ConfiguredRules() {}

    /** The rules that are configured, over the built-in ones. */
    public static RuleBook book(HeadgateProperties properties) {
        RuleBookBuilder book = RuleBook.builder(properties.defaultRuleOrBuiltIn());
        properties
                .providers()
                .forEach((name, it) -> book.provider(name, it.limits().rule(), it.dialect()));
        properties.tiers().forEach((name, it) -> book.tier(name, it.limits().rule(), rules(it.providers())));
        properties
                .users()
                .forEach((id, it) -> book.user(id, it.tier(), it.limits().rule(), rules(it.providers())));
        return book.build();
    }

    private static Map<String, Rule> rules(Map<String, Limits> byProvider) {
        Map<String, Rule> rules = new TreeMap<>();
        byProvider.forEach((name, limits) -> {
            Rule rule = limits.rule();
            if (rule != null) {
                rules.put(name, rule);
            }
        });
        return rules;
    }

    /**
     * One line for each configured limit that can never bind, with its path, sorted. Users are named as logs may name
     * them: by their ids, or by the digests of their ids.
     */
    public static List<String> neverBinding(HeadgateProperties properties) {
        List<String> lines = new ArrayList<>();
        addNeverBinding("headgate.default-rule", properties.defaultRule(), lines);
        properties
                .providers()
                .forEach((name, it) ->
                        addNeverBinding(PropertyTree.entry("headgate.providers", name), it.limits(), lines));
        properties.tiers().forEach((name, it) -> {
            String path = PropertyTree.entry("headgate.tiers", name);
            addNeverBinding(path, it.limits(), lines);
            addNeverBinding(path + ".providers", it.providers(), lines);
        });
        properties.users().forEach((id, it) -> {
            String user = properties.logUserIds() ? id : UserId.of(id).digested();
            String path = PropertyTree.entry("headgate.users", user);
            addNeverBinding(path, it.limits(), lines);
            addNeverBinding(path + ".providers", it.providers(), lines);
        });
        lines.sort(null);
        return List.copyOf(lines);
    }

    private static void addNeverBinding(String mapPath, Map<String, Limits> byProvider, List<String> lines) {
        byProvider.forEach((name, limits) -> addNeverBinding(PropertyTree.entry(mapPath, name), limits, lines));
    }

    private static void addNeverBinding(String path, Limits limits, List<String> lines) {
        Rule rule = limits.rule();
        if (rule != null) {
            NeverBinding.in(rule).forEach(limit -> lines.add(path + '.' + limit));
        }
    }
}
