package io.github.headgate.endpoint;

import io.github.headgate.Rule;
import io.github.headgate.rules.RuleBook;
import io.github.headgate.rules.RuleKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The JSON body of a change, checked as strictly as configuration.
 *
 * @param version the version that the change was decided on; null: whichever there is
 */
record RuleBody(
        @Nullable Rule rule,
        @Nullable String tier,
        @Nullable Long version) {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private static final List<String> LIMITS =
            List.of("requestsPerMinute", "requestsPerHour", "requestsPerDay", "burstCapacity");

    /** @throws WrongInput if the body does not say what to set */
    static RuleBody toSet(RuleKind kind, byte @Nullable [] body, RuleBook book) {
        List<String> members = new ArrayList<>(LIMITS);
        if (kind == RuleKind.USERS) {
            members.add("tier");
        }
        members.add("version");
        JsonNode json = read(body, members);
        String tier = json.has("tier") ? tier(json.get("tier"), book) : null;
        if (tier != null && LIMITS.stream().anyMatch(json::has)) {
            throw new WrongInput("tier", "either limits or a tier");
        }
        return new RuleBody(tier == null ? rule(json) : null, tier, version(json));
    }

    /** @throws WrongInput if there is a body that says more than a version */
    static RuleBody toClear(byte @Nullable [] body) {
        boolean none = body == null || body.length == 0;
        return new RuleBody(null, null, none ? null : version(read(body, List.of("version"))));
    }

    private static JsonNode read(byte @Nullable [] body, List<String> members) {
        String wanted = "a JSON object with " + String.join(", ", members);
        JsonNode json;
        try {
            json = JSON.readTree(body == null ? new byte[0] : body);
        } catch (JacksonException malformed) {
            throw new WrongInput("body", "not JSON that can be read; wanted is " + wanted);
        }
        if (!json.isObject()) {
            throw new WrongInput("body", "wanted is " + wanted);
        }
        Set<String> unknown = new TreeSet<>(json.propertyNames());
        unknown.removeAll(Set.copyOf(members));
        for (String name : unknown) {
            throw new WrongInput(name, "there is no such member; there are " + String.join(", ", members));
        }
        return json;
    }

    private static String tier(JsonNode tier, RuleBook book) {
        if (!tier.isString() || !book.tierNames().contains(tier.asString())) {
            throw new WrongInput("tier", "there is no such tier; there are " + String.join(", ", book.tierNames()));
        }
        return tier.asString();
    }

    private static Rule rule(JsonNode json) {
        Integer minute = number(json, "requestsPerMinute", Integer.MAX_VALUE);
        Integer hour = number(json, "requestsPerHour", Integer.MAX_VALUE);
        Integer day = number(json, "requestsPerDay", Integer.MAX_VALUE);
        Integer burst = number(json, "burstCapacity", Rule.MAX_BURST_CAPACITY);
        if (minute == null && hour == null && day == null) {
            throw new WrongInput(
                    burst == null ? "requestsPerMinute" : "burstCapacity",
                    "a rule has at least one of requestsPerMinute, requestsPerHour and requestsPerDay");
        }
        return new Rule(minute, hour, day, burst);
    }

    private static @Nullable Integer number(JsonNode json, String name, int most) {
        JsonNode number = json.get(name);
        if (number == null) {
            return null;
        }
        if (!number.isIntegralNumber()
                || !number.canConvertToInt()
                || number.intValue() < 1
                || number.intValue() > most) {
            throw new WrongInput(name, "allowed is a whole number from 1 to " + most);
        }
        return number.intValue();
    }

    private static @Nullable Long version(JsonNode json) {
        JsonNode version = json.get("version");
        if (version == null) {
            return null;
        }
        if (!version.isIntegralNumber() || !version.canConvertToLong() || version.longValue() < 0) {
            throw new WrongInput("version", "allowed is a whole number from 0 on");
        }
        return version.longValue();
    }

    /** Input that is refused, and the field it is about. */
    static final class WrongInput extends RuntimeException {

        private static final long serialVersionUID = 1;

        private final String field;

        WrongInput(String field, String detail) {
            super(detail);
            this.field = field;
        }

        Problem problem() {
            return Problem.badRequest(field, String.valueOf(getMessage()));
        }
    }
}
