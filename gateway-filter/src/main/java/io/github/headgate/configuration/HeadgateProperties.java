package io.github.headgate.configuration;

import io.github.headgate.LimitRequest;
import io.github.headgate.Rule;
import io.github.headgate.caller.MissingUser;
import io.github.headgate.failover.OnFailure;
import io.github.headgate.filter.Mode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Everything that can be configured under {@code headgate}. Immutable, and checked as a whole when it is bound: one
 * that exists is right.
 *
 * @param enabled Whether Headgate is there at all. Without it, the filter lets every request pass.
 * @param store Where counts live. Auto takes Redis when one is configured, else this gateway's memory.
 * @param keyPrefix What every Redis key begins with. Printable ASCII without braces.
 * @param user Where the user's id comes from, unless a filter says otherwise. Each of "header:NAME", "claim:NAME",
 *     "principal", "ip" and "bean:NAME" (a KeyResolver); the first that is present counts.
 * @param tier Where the user's tier comes from, for users whose tier is not configured. Verified sources only, each of
 *     "claim:NAME", "principal" and "bean:NAME"; the first that is present counts, and a name that is no tier counts as
 *     none.
 * @param missingUser What a request without a user is: a caller of the provider-wide key (shared), refused with 401
 *     (deny), or the user of its address (ip).
 * @param trustedHops How many proxies in front of this gateway write X-Forwarded-For entries that are believed, counted
 *     from the right; 0 believes none and takes the connection's own address.
 * @param mode What happens to a request over its limit, unless a filter says otherwise: it is denied (reject), or
 *     delayed until it may go (wait).
 * @param maxWait How long a request may be delayed in wait mode, 0s to 60s. One that would have to wait longer is
 *     denied at once.
 * @param maxWaiting How many requests may wait at the same time in this gateway. Those beyond are denied.
 * @param maxWaitingPerKey How many requests of one key may wait at the same time in this gateway. Those beyond are
 *     denied.
 * @param headers Whether responses to granted requests say in their headers where the caller stands.
 * @param noRetryAbove The longest retry-after at which a denied caller's SDK is still told to try again by itself.
 * @param logUserIds Whether logs name users by their ids. False: by digests of their ids.
 * @param defaultRule The limits that apply where nothing more specific does. Naming one of them replaces them all: 60 a
 *     minute, 1000 an hour, 10000 a day, burst 10.
 * @param providers Limits and dialect of providers, by name. Naming any limit of a built-in provider replaces all its
 *     limits.
 * @param tiers Named limits that users are put into, by name.
 * @param users Limits or tier of single users, by id. Ids with characters beyond letters, digits, "_" and "-" go in
 *     brackets: "[auth0|42]".
 * @param redis How Redis is used. Where it is and how to log in is Spring Boot's own configuration, spring.data.redis.
 * @param local How this gateway's memory is used, when there is no Redis or it fails.
 */
@ConfigurationProperties(HeadgateProperties.PREFIX)
public record HeadgateProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("auto") Store store,
        @DefaultValue("rate_limit") String keyPrefix,
        @DefaultValue("header:X-User-Id") List<String> user,
        @DefaultValue List<String> tier,
        @DefaultValue("shared") MissingUser missingUser,
        @DefaultValue("0") int trustedHops,
        @DefaultValue("reject") Mode mode,
        @DefaultValue("30s") Duration maxWait,
        @DefaultValue("10000") int maxWaiting,
        @DefaultValue("100") int maxWaitingPerKey,
        @DefaultValue("true") boolean headers,
        @DefaultValue("60s") Duration noRetryAbove,
        @DefaultValue("true") boolean logUserIds,
        @DefaultValue Limits defaultRule,
        @DefaultValue Map<String, Provider> providers,
        @DefaultValue Map<String, Tier> tiers,
        @DefaultValue Map<String, User> users,
        @DefaultValue Redis redis,
        @DefaultValue Local local) {

    static final String PREFIX = "headgate";

    private static final Rule DEFAULT_RULE = Rule.of(60, 1_000, 10_000, 10);
    private static final Duration LONGEST = Duration.ofDays(365);
    private static final String KEY_PREFIXES = "printable ASCII without braces, for example rate_limit";

    /** @throws InvalidConfigurationException if a value is wrong; it names every one that is */
    public HeadgateProperties {
        Problems problems = new Problems();
        problems.choice("headgate.store", store, Store.class);
        checkKeyPrefix(keyPrefix, problems);
        SourceSyntax.checkAll("headgate.user", user, problems);
        SourceSyntax.checkVerified("headgate.tier", tier, problems);
        problems.choice("headgate.missing-user", missingUser, MissingUser.class);
        problems.number("headgate.trusted-hops", trustedHops, 0, Integer.MAX_VALUE);
        problems.choice("headgate.mode", mode, Mode.class);
        problems.duration(
                "headgate.max-wait", maxWait, Duration.ZERO, Duration.ofMillis(LimitRequest.LONGEST_WAIT_MILLIS));
        problems.number("headgate.max-waiting", maxWaiting, 1, Integer.MAX_VALUE);
        problems.number("headgate.max-waiting-per-key", maxWaitingPerKey, 1, Integer.MAX_VALUE);
        problems.duration("headgate.no-retry-above", noRetryAbove, Duration.ZERO, LONGEST);
        new RulesCheck(providers, tiers, problems).check(defaultRule, users);
        problems.duration("headgate.redis.timeout", redis.timeout(), Duration.ofMillis(1), Duration.ofMinutes(1));
        problems.choice("headgate.redis.on-failure", redis.onFailure(), OnFailure.class);
        problems.number("headgate.redis.expected-gateways", redis.expectedGateways(), 1, Integer.MAX_VALUE);
        problems.number("headgate.local.max-keys", local.maxKeys(), 1, Integer.MAX_VALUE);
        problems.throwIfAny();
        user = List.copyOf(user);
        tier = List.copyOf(tier);
        providers = Map.copyOf(providers);
        tiers = Map.copyOf(tiers);
        users = Map.copyOf(users);
    }

    private static void checkKeyPrefix(String keyPrefix, Problems problems) {
        boolean braces = keyPrefix.contains("{") || keyPrefix.contains("}");
        if (keyPrefix.isBlank() || braces || !keyPrefix.chars().allMatch(HeadgateProperties::isPrintableAscii)) {
            problems.add("headgate.key-prefix", keyPrefix, whyNoKeyPrefix(keyPrefix, braces), KEY_PREFIXES);
        }
    }

    private static String whyNoKeyPrefix(String keyPrefix, boolean braces) {
        if (keyPrefix.isBlank()) {
            return "every Redis key begins with it";
        }
        return braces
                ? "braces choose a key's slot in a Redis Cluster, which is for Headgate to do"
                : "only printable ASCII can be told apart in a key";
    }

    private static boolean isPrintableAscii(int character) {
        return character >= ' ' && character < 127;
    }

    /** The rule that applies where nothing more specific does. */
    public Rule defaultRuleOrBuiltIn() {
        Rule configured = defaultRule.rule();
        return configured == null ? DEFAULT_RULE : configured;
    }

    /** Where counts live. */
    public enum Store {
        /** In Redis when one is configured, else in memory. */
        AUTO,
        /** In Redis, shared by all gateways. */
        REDIS,
        /** In the memory of this gateway. */
        LOCAL
    }

    /**
     * The limits of one key; each is optional.
     *
     * @param requestsPerMinute Most permits in any 60 seconds, 1 to 2147483647.
     * @param requestsPerHour Most permits in any 3600 seconds, 1 to 2147483647.
     * @param requestsPerDay Most permits in any 86400 seconds, 1 to 2147483647.
     * @param burstCapacity Most permits at once, 1 to 100000000, refilled at the rate of the shortest window present.
     */
    public record Limits(
            @Nullable Integer requestsPerMinute,
            @Nullable Integer requestsPerHour,
            @Nullable Integer requestsPerDay,
            @Nullable Integer burstCapacity) {

        /** These limits as a rule; null when there are none. */
        public @Nullable Rule rule() {
            return isEmpty() ? null : new Rule(requestsPerMinute, requestsPerHour, requestsPerDay, burstCapacity);
        }

        boolean isEmpty() {
            return !hasWindow() && burstCapacity == null;
        }

        boolean hasWindow() {
            return requestsPerMinute != null || requestsPerHour != null || requestsPerDay != null;
        }
    }

    /**
     * What is said of one provider.
     *
     * @param requestsPerMinute Most permits of one user in any 60 seconds, 1 to 2147483647.
     * @param requestsPerHour Most permits of one user in any 3600 seconds, 1 to 2147483647.
     * @param requestsPerDay Most permits of one user in any 86400 seconds, 1 to 2147483647.
     * @param burstCapacity Most permits of one user at once, 1 to 100000000, refilled at the rate of the shortest
     *     window present.
     * @param dialect The words its callers' SDKs understand: openai, anthropic or problem.
     * @param shadow Whether its limits are only tried: counted, and shown in a header, but holding nobody up.
     */
    public record Provider(
            @Nullable Integer requestsPerMinute,
            @Nullable Integer requestsPerHour,
            @Nullable Integer requestsPerDay,
            @Nullable Integer burstCapacity,
            @Nullable String dialect,
            @DefaultValue("false") boolean shadow) {

        Limits limits() {
            return new Limits(requestsPerMinute, requestsPerHour, requestsPerDay, burstCapacity);
        }
    }

    /**
     * The limits of every user that is in one tier.
     *
     * @param requestsPerMinute Most permits in any 60 seconds, 1 to 2147483647.
     * @param requestsPerHour Most permits in any 3600 seconds, 1 to 2147483647.
     * @param requestsPerDay Most permits in any 86400 seconds, 1 to 2147483647.
     * @param burstCapacity Most permits at once, 1 to 100000000, refilled at the rate of the shortest window present.
     * @param providers Limits at single providers, by name, instead of those above.
     */
    public record Tier(
            @Nullable Integer requestsPerMinute,
            @Nullable Integer requestsPerHour,
            @Nullable Integer requestsPerDay,
            @Nullable Integer burstCapacity,
            @DefaultValue Map<String, Limits> providers) {

        public Tier {
            providers = Map.copyOf(providers);
        }

        Limits limits() {
            return new Limits(requestsPerMinute, requestsPerHour, requestsPerDay, burstCapacity);
        }
    }

    /**
     * The limits of one user, or the tier he is in.
     *
     * @param requestsPerMinute Most permits in any 60 seconds, 1 to 2147483647.
     * @param requestsPerHour Most permits in any 3600 seconds, 1 to 2147483647.
     * @param requestsPerDay Most permits in any 86400 seconds, 1 to 2147483647.
     * @param burstCapacity Most permits at once, 1 to 100000000, refilled at the rate of the shortest window present.
     * @param tier The tier he is in, instead of limits of his own.
     * @param providers Limits at single providers, by name, instead of those above.
     */
    public record User(
            @Nullable Integer requestsPerMinute,
            @Nullable Integer requestsPerHour,
            @Nullable Integer requestsPerDay,
            @Nullable Integer burstCapacity,
            @Nullable String tier,
            @DefaultValue Map<String, Limits> providers) {

        public User {
            providers = Map.copyOf(providers);
        }

        Limits limits() {
            return new Limits(requestsPerMinute, requestsPerHour, requestsPerDay, burstCapacity);
        }
    }

    /**
     * How Redis is used.
     *
     * @param timeout How long one decision may take in Redis, 1ms to 60s, before it is made without.
     * @param onFailure What decides while Redis does not: this gateway's memory (local), nothing and every request goes
     *     (allow), or nothing and every request is denied (deny).
     * @param expectedGateways How many gateways share the limits, 1 or more, as long as Redis has not told: a gateway
     *     that starts without Redis grants its share of each limit alone.
     */
    public record Redis(
            @DefaultValue("100ms") Duration timeout,
            @DefaultValue("local") OnFailure onFailure,
            @DefaultValue("1") int expectedGateways) {}

    /**
     * How this gateway's memory is used.
     *
     * @param maxKeys How many keys it holds, 1 or more. When it is full, users it does not know share one key a
     *     provider.
     */
    public record Local(@DefaultValue("100000") int maxKeys) {}
}
