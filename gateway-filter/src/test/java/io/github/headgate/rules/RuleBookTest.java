package io.github.headgate.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.headgate.Key;
import io.github.headgate.Rule;
import io.github.headgate.UserId;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuleBookTest {

    private static RuntimeRules set(RuleKind kind, String name, @Nullable Rule rule, @Nullable String tier) {
        return RuntimeRules.NONE.with(new RuleChange(1, kind, name, rule, tier, "ops", Instant.EPOCH));
    }

    private static RuleChange moved(long version, String user) {
        return new RuleChange(version, RuleKind.USERS, user, null, "free", "ops", Instant.EPOCH);
    }

    @Test
    void aProvidersAndATiersRuleStandAboveTheConfiguredOnes() {
        RuleBook provider = book.with(set(RuleKind.PROVIDERS, "openai", perMinute(50), null));
        RuleBook tier = book.with(set(RuleKind.TIERS, "free", perMinute(60), null));

        assertThat(provider.find(Key.of("openai", "stranger"), null))
                .isEqualTo(new AppliedRule(perMinute(50), "provider openai (set at run time)"));
        assertThat(tier.find(Key.of("glm", "tiered"), null))
                .isEqualTo(new AppliedRule(perMinute(60), "tier free (set at run time)"));
        assertThat(tier.find(Key.of("openai", "tiered"), null).source()).isEqualTo("tier free at openai");
    }

    @Test
    void aUserIsMovedToATierWhateverConfigurationSays() {
        RuleBook moved = book.with(set(RuleKind.USERS, "everything", null, "claude-only"));
        RuleBook ruled = book.with(set(RuleKind.USERS, "ruled", null, "free"));

        assertThat(moved.find(Key.of("claude", "everything"), null))
                .isEqualTo(new AppliedRule(
                        perMinute(5), "user everything in tier claude-only at claude (set at run time)"));
        assertThat(moved.find(Key.of("openai", "everything"), "free").source()).isEqualTo("provider openai");
        assertThat(ruled.find(Key.of("glm", "ruled"), null).source())
                .isEqualTo("user ruled in tier free (set at run time)");
        assertThat(ruled.find(Key.of("openai", "ruled"), null).source()).isEqualTo("user ruled at openai");
    }

    @Test
    void namesThatConfigurationDoesNotKnowChangeNothing() {
        RuleBook changed = book.with(set(RuleKind.PROVIDERS, "nowhere", perMinute(50), null))
                .with(set(RuleKind.TIERS, "gold", perMinute(50), null))
                .with(set(RuleKind.USERS, "everything", null, "gold"));

        assertThat(changed.all()).isEqualTo(book.all());
    }

    @Test
    void theLastHundredChangesAreKept() {
        RuntimeRules rules = RuntimeRules.NONE;
        for (int i = 1; i <= 150; i++) {
            rules = rules.with(new RuleChange(i, RuleKind.USERS, "alice", perMinute(i), null, "ops", Instant.EPOCH));
        }

        assertThat(rules.version()).isEqualTo(150);
        assertThat(rules.set()).hasSize(1);
        assertThat(rules.history())
                .hasSize(100)
                .first()
                .extracting(RuleChange::version)
                .isEqualTo(51L);
    }

    private final RuleBook book = RuleBook.builder(perMinute(1))
            .provider("openai", perMinute(2), null)
            .provider("house", null, "problem")
            .tier("free", perMinute(3), Map.of("openai", perMinute(4)))
            .tier("claude-only", null, Map.of("claude", perMinute(5)))
            .user("ruled", null, perMinute(6), Map.of("openai", perMinute(7)))
            .user("tiered", "free", null, Map.of("claude", perMinute(8)))
            .user("everything", "free", perMinute(9), Map.of())
            .user("partly", "claude-only", null, Map.of())
            .user("auth0|42", null, perMinute(10), Map.of())
            .build();

    @ParameterizedTest(name = "{0} at {1}, verified tier {2}: {3}")
    @CsvSource({
        // user, provider, tier of a verified source, where the rule comes from, its minute limit
        "ruled,      openai, ,            user ruled at openai,        7",
        "ruled,      claude, ,            user ruled,                  6",
        "ruled,      openai, free,        user ruled at openai,        7",
        "ruled,      claude, free,        user ruled,                  6",
        "tiered,     claude, ,            user tiered at claude,       8",
        "tiered,     openai, ,            tier free at openai,         4",
        "tiered,     glm,    ,            tier free,                   3",
        "tiered,     claude, claude-only, user tiered at claude,       8",
        "tiered,     glm,    claude-only, tier free,                   3",
        "everything, openai, ,            user everything,             9",
        "partly,     claude, ,            tier claude-only at claude,  5",
        "partly,     openai, ,            provider openai,             2",
        "partly,     other,  ,            default,                     1",
        "partly,     openai, free,        provider openai,             2",
        "stranger,   openai, free,        tier free at openai,         4",
        "stranger,   glm,    free,        tier free,                   3",
        "stranger,   glm,    gold,        provider glm,                60",
        "stranger,   openai, ,            provider openai,             2",
        "stranger,   house,  ,            default,                     1",
        "stranger,   other,  ,            default,                     1",
        "auth0|42,   glm,    ,            user auth0|42,               10",
        ",           openai, ,            provider openai,             2",
        ",           openai, free,        provider openai,             2",
        ",           other,  ,            default,                     1",
    })
    void mostSpecificRuleApplies(
            @Nullable String user, String provider, @Nullable String tier, String source, int perMinute) {
        Key key = Key.of(provider, user);

        AppliedRule found = book.find(key, tier);

        assertThat(found).isEqualTo(new AppliedRule(found.rule(), source));
        assertThat(found.rule().requestsPerMinute()).isEqualTo(perMinute);
        assertThat(book.ruleFor(key, tier)).isSameAs(found.rule());
    }

    @Test
    void moreSpecificRuleReplacesTheLessSpecificOneWhole() {
        assertThat(book.ruleFor(Key.of("openai", "stranger"), null)).isEqualTo(perMinute(2));
    }

    @Test
    void ruleSetAtRunTimeStandsAboveConfigurationAtEveryProvider() {
        RuleBook changed = book.with(set(RuleKind.USERS, "ruled", perMinute(99), null));

        assertThat(changed.find(Key.of("openai", "ruled"), "free"))
                .isEqualTo(new AppliedRule(perMinute(99), "user ruled (set at run time)"));
        assertThat(changed.ruleFor(Key.of("openai", "tiered"), null)).isEqualTo(perMinute(4));
        assertThat(book.ruleFor(Key.of("openai", "ruled"), null)).isEqualTo(perMinute(7));
    }

    @Test
    void configurationAppliesAgainWhenTheRunTimeRuleIsTakenBack() {
        RuleBook changed = book.with(RuntimeRules.NONE);

        assertThat(changed.ruleFor(Key.of("openai", "ruled"), null)).isEqualTo(perMinute(7));
    }

    @Test
    void idsThatOnlyLookLikeAConfiguredUserAreStrangers() {
        assertThat(book.find(new Key("glm", UserId.unverifiedHeader("ruled")), null)
                        .source())
                .isEqualTo("provider glm");
        assertThat(book.find(new Key("glm", UserId.ip("ruled")), null).source()).isEqualTo("provider glm");
        assertThat(book.find(Key.of("glm", "RULED"), null).source()).isEqualTo("provider glm");
    }

    @Test
    void builtInProviderKeepsWhatConfigurationLeavesOut() {
        RuleBook onlyDialect = RuleBook.builder(perMinute(1))
                .provider("claude", null, "problem")
                .build();

        assertThat(onlyDialect.dialect("claude")).isEqualTo("problem");
        assertThat(onlyDialect.ruleFor(Key.of("claude", "a"), null)).isEqualTo(Rule.of(50, 2_000, 30_000, 10));
        assertThat(book.dialect("openai")).isEqualTo("openai");
        assertThat(book.dialect("nowhere")).isNull();
    }

    @Test
    void knowsBuiltInAndConfiguredProviders() {
        assertThat(book.providerNames()).containsExactly("claude", "deepinfra", "deepseek", "glm", "house", "openai");
        assertThat(book.knowsProvider("house")).isTrue();
        assertThat(book.knowsProvider("other")).isFalse();
        assertThat(book.tierNames()).containsExactly("claude-only", "free");
    }

    @Test
    void printsOneLineARule() {
        RuleBook printed = RuleBook.builder(Rule.of(60, 1_000, 10_000, 10))
                .provider("house", perMinute(7), null)
                .tier("free", Rule.of(10, 500, 5_000, 5), Map.of("openai", perMinute(5)))
                .user("premium_user", null, Rule.of(100, 5_000, 50_000, 30), Map.of())
                .user("alice", "free", null, Map.of("claude", perMinute(2)))
                .build()
                .with(set(RuleKind.USERS, "bob", perMinute(3), null));

        assertThat(printed.lines())
                .containsExactly(
                        "default: 60/min 1000/h 10000/day burst 10",
                        "provider claude (anthropic): 50/min 2000/h 30000/day burst 10",
                        "provider deepinfra (openai): 30/min 1000/h 20000/day burst 10",
                        "provider deepseek (openai): 50/min 2000/h 40000/day burst 15",
                        "provider glm (openai): 60/min 3000/h 50000/day burst 20",
                        "provider house: 7/min",
                        "provider openai (openai): 60/min 3500/h 100000/day burst 20",
                        "tier free: 10/min 500/h 5000/day burst 5",
                        "tier free at openai: 5/min",
                        "user alice at claude: 2/min",
                        "user alice: tier free",
                        "user bob (set at run time): 3/min",
                        "user premium_user: 100/min 5000/h 50000/day burst 30");
    }

    @Test
    void printsDigestsInPlaceOfUserIds() {
        List<String> lines = RuleBook.builder(perMinute(60))
                .tier("free", perMinute(10), Map.of())
                .user("alice", "free", null, Map.of("claude", perMinute(2)))
                .user("org/7|dora", null, perMinute(9), Map.of())
                .build()
                .with(set(RuleKind.USERS, "bob", perMinute(3), null)
                        .with(moved(2, "carl"))
                        .with(moved(3, "alice")))
                .lines(false);

        String dora = UserId.of("org/7|dora").toString();
        assertThat(lines)
                .contains(
                        "user " + UserId.of("alice").digested() + " at claude: 2/min",
                        "user " + UserId.of("alice").digested() + ": tier free",
                        "user " + UserId.of("bob").digested() + " (set at run time): 3/min",
                        "user " + UserId.of("carl").digested() + ": tier free",
                        "user " + UserId.of("carl").digested() + " in tier free (set at run time): 10/min",
                        "user " + dora + ": 9/min")
                .noneMatch(line -> line.matches(".*(alice|bob|carl|org/7).*"));
    }

    @Test
    void listsEveryRuleWithItsSource() {
        RuleBook listed = RuleBook.builder(perMinute(60))
                .tier("free", perMinute(10), Map.of("openai", perMinute(5)))
                .user("alice", "free", null, Map.of("claude", perMinute(2)))
                .build()
                .with(set(RuleKind.USERS, "bob", perMinute(3), null));

        assertThat(listed.all())
                .extracting(AppliedRule::source)
                .startsWith("default", "provider claude")
                .endsWith(
                        "provider openai",
                        "tier free",
                        "tier free at openai",
                        "user alice at claude",
                        "user bob (set at run time)");
        assertThat(listed.userTiers()).containsExactly(Map.entry("alice", "free"));
    }

    @Test
    void refusesAnUnknownTierAndAMalformedProvider() {
        assertThatThrownBy(() -> RuleBook.builder(perMinute(1)).user("alice", "gold", null, Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("unknown tier \"gold\" of user alice");
        assertThatThrownBy(() -> RuleBook.builder(perMinute(1)).provider("Open AI", null, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Open AI");
    }

    private static Rule perMinute(int limit) {
        return new Rule(limit, null, null, null);
    }
}
