package io.github.headgate.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.Decision.Granted;
import io.github.headgate.Key;
import io.github.headgate.LimitUsage;
import io.github.headgate.Rule;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The examples in {@code cases.txt}, whose head explains their form. */
final class CaseTable {

    /** 2023-11-15T00:00Z plus whole days: the first slot of a day, of an hour and of a minute. */
    private static final long START = 19_676L * 86_400_000;

    /** One example: its name, and its steps, a line each. */
    record Case(String name, List<String> steps) {
        @Override
        public String toString() {
            return name;
        }
    }

    private CaseTable() {}

    static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        try (InputStream in = Objects.requireNonNull(CaseTable.class.getResourceAsStream("cases.txt"))) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList()) {
                if (line.startsWith("case:")) {
                    cases.add(new Case(line.substring(5).trim(), new ArrayList<>()));
                } else if (!line.isBlank() && !line.startsWith("#")) {
                    cases.get(cases.size() - 1).steps.add(line);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return cases;
    }

    static void play(Case example, StoreUnderTest store) {
        Key key = Key.of("table", example.name());
        List<Granted> grants = new ArrayList<>();
        Rule rule = null;
        for (String step : example.steps()) {
            if (step.startsWith("rule:")) {
                rule = rule(step.substring(5).trim().split(" +", -1));
                continue;
            }
            String[] sides = step.split(" -> ", -1);
            String[] words = sides[0].trim().split(" +", -1);
            store.setNow(START + Long.parseLong(words[0]));
            if (words[1].equals("back")) {
                store.giveBack(grants.get(Integer.parseInt(words[2]) - 1).charge());
                continue;
            }
            Rule current = Objects.requireNonNull(rule);
            String outcome;
            List<LimitUsage> usage;
            if (words[1].equals("status")) {
                usage = store.usage(key, current);
                outcome = said(usage);
            } else {
                long maxWait = words[1].startsWith("wait:") ? Long.parseLong(words[1].substring(5)) : 0;
                Decision decision = store.decide(key, current, Integer.parseInt(words[2]), maxWait);
                if (decision instanceof Granted granted) {
                    grants.add(granted);
                }
                outcome = said(decision) + (sides[1].contains(";") ? " ; " + said(decision.usage()) : "");
            }
            assertThat(outcome).as("%s: %s", example.name(), step).isEqualTo(sides[1].trim());
        }
    }

    private static String said(Decision decision) {
        if (decision instanceof Granted granted) {
            return granted.delayMillis() == 0 ? "granted" : "granted " + granted.delayMillis();
        }
        Denied denied = (Denied) decision;
        return denied.retryAfterMillis() == null
                ? "never " + denied.hit().label()
                : "denied " + denied.retryAfterMillis() + " " + denied.hit().label();
    }

    private static String said(List<LimitUsage> usage) {
        return usage.stream()
                .map(each -> each.kind().label() + "=" + each.remaining() + "/" + each.resetMillis() + "/"
                        + each.nextPermitMillis())
                .collect(Collectors.joining(" "));
    }

    private static Rule rule(String[] numbers) {
        return new Rule(number(numbers[0]), number(numbers[1]), number(numbers[2]), number(numbers[3]));
    }

    private static @Nullable Integer number(String text) {
        return text.equals("-") ? null : Integer.valueOf(text);
    }
}
