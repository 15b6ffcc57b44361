package io.github.headgate.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.headgate.Rule;
import io.github.headgate.redis.RedisDocument;
import io.github.headgate.redis.RedisLink;
import io.github.headgate.rules.RuleKind;
import io.github.headgate.testing.TestRedis;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.netty.util.HashedWheelTimer;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Rules in Redis that are old, or that nobody can read. */
class SharedRuleStoreTest {

    private static final String KEY = "rate_limit:{.rules}";

    private final TestRedis server = TestRedis.start();
    private final RedisClient client = server.client();
    private final RedisCommands<String, String> redis = client.connect().sync();
    private final RedisLink link = new RedisLink(client, "rate_limit");
    private final HashedWheelTimer timer = new HashedWheelTimer();
    private final SharedRuleStore store = new SharedRuleStore(new RedisDocument(link, Duration.ofSeconds(10)), timer);
    private final Logger logger = (Logger) LoggerFactory.getLogger(SharedRuleStore.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void start() {
        link.start(Duration.ofSeconds(10));
        store.start();
        set();
        lines.start();
        logger.addAppender(lines);
        logger.setLevel(Level.DEBUG);
    }

    @AfterEach
    void stop() {
        logger.detachAppender(lines);
        logger.setLevel(null);
        store.close();
        link.close();
        timer.stop();
        client.shutdown();
        server.close();
    }

    private void set() {
        store.edit(new RuleEdit(RuleKind.USERS, "alice", new Rule(7, null, null, null), null, "test", null))
                .block(Duration.ofSeconds(10));
    }

    private List<String> said(Level level) {
        return List.copyOf(lines.list).stream()
                .filter(line -> line.getLevel() == level)
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    /** Writes, and returns when it was read once more than the once that is told. */
    private void write(Consumer<RedisCommands<String, String>> writing) {
        int before = said(Level.DEBUG).size();
        writing.accept(redis);
        store.changedElsewhere();
        await().until(() -> {
            store.changedElsewhere();
            return said(Level.DEBUG).size() > before;
        });
    }

    @Test
    void isAWarningOnceUntilThereIsWhatCanBeRead() {
        write(commands -> commands.set(KEY, "2 {alice"));

        assertThat(said(Level.WARN))
                .containsExactly("Rules set at run time cannot be read from Redis under \"" + KEY
                        + "\": it is no document of rules; the last known ones stay in force, and none can be changed");
        assertThat(store.current().version()).isEqualTo(1);
        assertThatThrownBy(this::set).isInstanceOf(RulesUnavailableException.class);
        assertThat(redis.get(KEY)).isEqualTo("2 {alice");

        redis.del(KEY);
        await().until(() -> redis.exists(KEY) == 1);
        set();
        write(commands -> commands.set(KEY, "3 []"));

        assertThat(said(Level.WARN)).hasSize(2);
    }

    /**
     * As a Redis that comes back with what it had a while ago, or that a gateway which knows less was first to fill.
     */
    @Test
    void aLowerVersionIsReplacedByTheHighestKnown() {
        String lower = redis.get(KEY);
        set();
        String higher = redis.get(KEY);

        redis.set(KEY, lower);

        await().until(() -> redis.get(KEY).equals(higher));
        assertThat(lower).startsWith("1 ");
        assertThat(higher).startsWith("2 ");
        assertThat(store.current().version()).isEqualTo(2);
    }

    @Test
    void saysWhatRedisAnswers() {
        write(commands -> {
            commands.del(KEY);
            commands.hset(KEY, "another", "kind");
        });

        assertThat(said(Level.WARN)).singleElement().asString().contains("WRONGTYPE");
    }
}
