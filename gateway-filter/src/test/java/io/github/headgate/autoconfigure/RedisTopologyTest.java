package io.github.headgate.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.headgate.Decision;
import io.github.headgate.Key;
import io.github.headgate.KeyStatus;
import io.github.headgate.ProviderRateLimiter;
import io.github.headgate.Rule;
import io.github.headgate.failover.FailoverStore;
import io.github.headgate.failover.StoreState;
import io.github.headgate.redis.RedisLink;
import io.github.headgate.testing.LeastPrivileges;
import io.github.headgate.testing.TestCluster;
import io.github.headgate.testing.TestRedis;
import io.github.headgate.testing.TestSentinel;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.RedisClusterClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableReactiveWebApplicationContext;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import reactor.core.publisher.Flux;

/** Every way in which Spring Boot's own settings lead to a Redis. */
class RedisTopologyTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static ReactiveWebApplicationContextRunner runner() {
        return StartUp.runner()
                .withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class))
                .withPropertyValues(
                        "headgate.redis.timeout=2s",
                        "headgate.providers.any.requests-per-minute=100",
                        "headgate.providers.any.burst-capacity=100");
    }

    private static void assertShared(ApplicationContext context) {
        FailoverStore store = context.getBean(FailoverStore.class);
        assertThat(store.state().mode()).isEqualTo(StoreState.Mode.SHARED);
        ProviderRateLimiter limiter = context.getBean(ProviderRateLimiter.class);
        assertThat(grantedOf(limiter, 150, "alice")).isEqualTo(100);
        limiter.reset("any", "alice").block(PATIENCE);
        assertThat(grantedOf(limiter, 1, "alice")).isEqualTo(1);
        limiter.setUserRule("ruled", new Rule(7, null, null, null)).block(PATIENCE);
        assertThat(limitOf(context, "ruled")).isEqualTo(7);
        assertStillShared(context);
    }

    private static void assertStillShared(ApplicationContext context) {
        FailoverStore store = context.getBean(FailoverStore.class);
        assertThat(store.state().mode()).isEqualTo(StoreState.Mode.SHARED);
        assertThat(store.pendingCharges()).isZero();
        assertThat(store.breaker().getMetrics().getNumberOfFailedCalls()).isZero();
    }

    private static KeyStatus status(ApplicationContext context, String user) {
        return context.getBean(ProviderRateLimiter.class)
                .status("any", user)
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    private static int limitOf(ApplicationContext context, String user) {
        return Objects.requireNonNull(status(context, user).rule().requestsPerMinute());
    }

    private static long grantedOf(ProviderRateLimiter limiter, int checks, String user) {
        return Objects.requireNonNull(Flux.range(0, checks)
                .flatMap(i -> limiter.check("any", user), 256)
                .filter(Decision::isGranted)
                .count()
                .block(PATIENCE));
    }

    /** Spring's tests pause a context that is cached, and go on with it later: its clients were closed then. */
    @Test
    void aPausedApplicationGoesOn() {
        try (TestRedis server = TestRedis.start()) {
            runner().withPropertyValues("spring.data.redis.url=" + server.url())
                    .run(RedisTopologyTest::assertSharedAfterAPause);
        }
    }

    @Test
    void aPausedApplicationWithAFactoryOfItsOwnGoesOn() {
        try (TestRedis server = TestRedis.start()) {
            runner().withBean(
                            LettuceConnectionFactory.class,
                            () -> new LettuceConnectionFactory("127.0.0.1", server.port()))
                    .run(RedisTopologyTest::assertSharedAfterAPause);
        }
    }

    private static void assertSharedAfterAPause(AssertableReactiveWebApplicationContext context) {
        context.getSourceApplicationContext().pause();
        context.getSourceApplicationContext().restart();

        assertShared(context);
    }

    @Test
    void aStoppedApplicationDecidesAloneAndDoesNotStartAgain() {
        try (TestRedis server = TestRedis.start()) {
            runner().withPropertyValues("spring.data.redis.url=" + server.url()).run(context -> {
                ProviderRateLimiter limiter = context.getBean(ProviderRateLimiter.class);
                context.getSourceApplicationContext().stop();

                assertThat(grantedOf(limiter, 150, "alice")).isEqualTo(100);
                assertThatThrownBy(() -> context.getSourceApplicationContext().start())
                        .rootCause()
                        .hasMessage(
                                "Headgate's connection to Redis has been closed with its application context; a new one"
                                        + " needs a new context");
            });
        }
    }

    @Test
    void oneServerWithAPassword() {
        try (TestRedis server = TestRedis.start()) {
            RedisClient admin = server.client();
            try (var connection = admin.connect()) {
                connection.sync().configSet("requirepass", "secret");
                runner().withPropertyValues("spring.data.redis.url=redis://:secret@127.0.0.1:" + server.port())
                        .run(RedisTopologyTest::assertShared);
            } finally {
                admin.shutdown();
            }
        }
    }

    @Test
    void aUserWithTheLeastPrivileges() {
        try (TestRedis server = TestRedis.start(LeastPrivileges.setting())) {
            asThatUser(runner())
                    .withPropertyValues("spring.data.redis.host=127.0.0.1", "spring.data.redis.port=" + server.port())
                    .run(RedisTopologyTest::assertShared);
            assertNothingRefused(server);
        }
    }

    @Test
    void aUserWithTheLeastPrivilegesOnACluster() {
        try (TestCluster cluster = TestCluster.start(LeastPrivileges.settingOnACluster())) {
            asThatUser(runner())
                    .withPropertyValues("spring.data.redis.cluster.nodes=" + cluster.addresses())
                    .run(context -> {
                        assertShared(context);

                        ProviderRateLimiter limiter = context.getBean(ProviderRateLimiter.class);
                        assertThat(grantedOf(limiter, 10, "moved")).isEqualTo(10);
                        cluster.move(
                                "rate_limit:{any:moved}",
                                () -> assertThat(grantedOf(limiter, 40, "moved"))
                                        .isEqualTo(40));
                        assertThat(grantedOf(limiter, 100, "moved")).isEqualTo(50);
                        assertStillShared(context);
                    });
            cluster.nodes().forEach(RedisTopologyTest::assertNothingRefused);
        }
    }

    /** But the client's name and version, which not every server knows a rule for. */
    private static void assertNothingRefused(TestRedis server) {
        List<Map<String, Object>> refused = TestCluster.ask(server, RedisCommands::aclLog);
        assertThat(refused)
                .extracting(entry -> String.valueOf(entry.get("object")))
                .allMatch(command -> command.startsWith("client"));
    }

    private static ReactiveWebApplicationContextRunner asThatUser(ReactiveWebApplicationContextRunner runner) {
        return runner.withPropertyValues(
                "spring.data.redis.username=" + LeastPrivileges.NAME,
                "spring.data.redis.password=" + LeastPrivileges.PASSWORD);
    }

    @Test
    void anEncryptedConnection(@TempDir Path folder) throws Exception {
        Path store = folder.resolve("server.p12");
        run("keytool -genkeypair -alias server -keyalg RSA -keysize 2048 -dname CN=localhost -ext SAN=ip:127.0.0.1"
                + " -validity 2 -storetype PKCS12 -storepass changeit -keystore " + store);
        Pem.write(store, "changeit", folder);
        int port = TestRedis.freePort();
        try (TestRedis server = TestRedis.start(
                "tls-port " + port,
                "tls-auth-clients no",
                "tls-cert-file " + folder.resolve("server.crt"),
                "tls-key-file " + folder.resolve("server.key"),
                "tls-ca-cert-file " + folder.resolve("server.crt"))) {
            assertThat(server.port()).isNotEqualTo(port);
            runner().withPropertyValues(
                            "spring.data.redis.host=127.0.0.1",
                            "spring.data.redis.port=" + port,
                            "spring.data.redis.ssl.bundle=redis",
                            "spring.ssl.bundle.pem.redis.truststore.certificate=file:" + folder.resolve("server.crt"))
                    .run(RedisTopologyTest::assertShared);
        }
    }

    private static void run(String command) throws IOException, InterruptedException {
        String[] words = command.split(" ", -1);
        words[0] = Path.of(System.getProperty("java.home"), "bin", words[0]).toString();
        assertThat(new ProcessBuilder(words).start().waitFor()).isZero();
    }

    @Test
    void theMasterThatSentinelsNameAndTheOneTheyNameNext() {
        try (TestSentinel sentinel = TestSentinel.start()) {
            RedisClient replica = sentinel.replica().client();
            try (var connection = replica.connect()) {
                await().until(() -> connection.sync().info("replication").contains("master_link_status:up"));
                runner().withPropertyValues(
                                "spring.data.redis.sentinel.master=" + TestSentinel.MASTER,
                                "spring.data.redis.sentinel.nodes=" + sentinel.address())
                        .run(context -> {
                            assertShared(context);
                            await().atMost(PATIENCE).until(sentinel::knowsTheReplica);

                            sentinel.master().kill();
                            ProviderRateLimiter limiter = context.getBean(ProviderRateLimiter.class);
                            await().atMost(PATIENCE)
                                    // A server that becomes a master closes its connections.
                                    .ignoreException(RedisException.class)
                                    .until(() -> connection
                                            .sync()
                                            .info("replication")
                                            .contains("role:master"));

                            await().atMost(PATIENCE).until(() -> {
                                var unused = grantedOf(limiter, 1, "bob");
                                return context.getBean(FailoverStore.class)
                                                        .state()
                                                        .mode()
                                                == StoreState.Mode.SHARED
                                        && connection.sync().exists("rate_limit:{any:bob}") == 1;
                            });
                        });
            } finally {
                replica.shutdown();
            }
        }
    }

    @Test
    void aClusterOfThreeMasters() {
        try (TestCluster cluster = TestCluster.start()) {
            runner().withPropertyValues("spring.data.redis.cluster.nodes=" + cluster.addresses())
                    .run(one -> runner().withPropertyValues("spring.data.redis.cluster.nodes=" + cluster.addresses())
                            .run(other -> {
                                assertShared(one);
                                twoGatewaysGrantExactlyTheLimit(one, other);
                                rulesAndResetsReachBoth(one, other);
                                messagesReachEveryGateway(cluster, one);
                                ProviderRateLimiter limiter = one.getBean(ProviderRateLimiter.class);
                                for (int i = 0; i < 60; i++) {
                                    assertThat(grantedOf(limiter, 1, "user-" + i))
                                            .isEqualTo(1);
                                }
                                for (TestRedis node : cluster.nodes()) {
                                    assertThat(keysOf(node)).isBetween(5L, 50L);
                                }
                                assertThat(other.getBean(FailoverStore.class).pendingCharges())
                                        .isZero();
                            }));
        }
    }

    private static void rulesAndResetsReachBoth(ApplicationContext one, ApplicationContext other) {
        ProviderRateLimiter first = one.getBean(ProviderRateLimiter.class);
        ProviderRateLimiter second = other.getBean(ProviderRateLimiter.class);
        assertThat(grantedOf(second, 5, "dora")).isEqualTo(5);

        first.setUserRule("dora", new Rule(8, null, null, null)).block(PATIENCE);

        await().until(() -> limitOf(other, "dora") == 8);
        assertThat(status(one, "dora").usage().get(0).used()).isEqualTo(5);
        first.reset("any", "dora").block(PATIENCE);
        assertThat(status(other, "dora").usage().get(0).used()).isZero();
        await().until(() -> locallyUsed(other, "dora") == 0);
        second.clearUserRule("dora").block(PATIENCE);
        await().until(() -> limitOf(one, "dora") == 100);
    }

    /** Not only the periodic reads do. */
    private static void messagesReachEveryGateway(TestCluster cluster, ApplicationContext one) throws Exception {
        for (TestRedis node : cluster.nodes()) {
            RedisClusterClient client = RedisClusterClient.create(node.uri());
            CountDownLatch heard = new CountDownLatch(2);
            try (RedisLink link = new RedisLink(client, "rate_limit")) {
                link.onRuleChange(heard::countDown);
                link.onReset(key -> heard.countDown());
                link.start(PATIENCE);

                ProviderRateLimiter limiter = one.getBean(ProviderRateLimiter.class);
                limiter.setUserRule("dora", new Rule(9, null, null, null)).block(PATIENCE);
                limiter.reset("any", "dora").block(PATIENCE);

                assertThat(heard.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            } finally {
                client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
            }
        }
    }

    private static int locallyUsed(ApplicationContext context, String user) {
        return context.getBean(SharedStore.class)
                .local()
                .usage(Key.of("any", user), new Rule(100, null, null, 100))
                .blockOptional(PATIENCE)
                .orElseThrow()
                .get(0)
                .used();
    }

    private static long keysOf(TestRedis server) {
        RedisClient client = server.client();
        try (var connection = client.connect()) {
            return connection.sync().dbsize();
        } finally {
            client.shutdown();
        }
    }

    @Test
    void twoGatewaysOnOneServer() {
        try (TestRedis server = TestRedis.start()) {
            runner().withPropertyValues("spring.data.redis.url=" + server.url())
                    .run(one -> runner().withPropertyValues("spring.data.redis.url=" + server.url())
                            .run(other -> twoGatewaysGrantExactlyTheLimit(one, other)));
        }
    }

    private static void twoGatewaysGrantExactlyTheLimit(ApplicationContext one, ApplicationContext other) {
        ProviderRateLimiter first = one.getBean(ProviderRateLimiter.class);
        ProviderRateLimiter second = other.getBean(ProviderRateLimiter.class);

        Long granted = Flux.range(0, 2_000)
                .flatMap(i -> (i % 2 == 0 ? first : second).check("any", "both"), 2_000)
                .filter(Decision::isGranted)
                .count()
                .block(PATIENCE);

        assertThat(granted).isEqualTo(100);
    }

    @Test
    void aResetAtOneGatewayIsHeardByTheOther() {
        try (TestRedis server = TestRedis.start()) {
            runner().withPropertyValues("spring.data.redis.url=" + server.url())
                    .run(one -> runner().withPropertyValues("spring.data.redis.url=" + server.url())
                            .run(other -> {
                                ProviderRateLimiter second = other.getBean(ProviderRateLimiter.class);
                                assertThat(grantedOf(second, 100, "alice")).isEqualTo(100);
                                assertThat(grantedOf(second, 1, "alice")).isZero();

                                one.getBean(ProviderRateLimiter.class)
                                        .reset("any", "alice")
                                        .block(PATIENCE);
                                await().until(() -> locallyUsed(other, "alice") == 0);
                                server.kill();

                                // Its half of a key that nobody has used.
                                assertThat(grantedOf(second, 150, "alice")).isEqualTo(50);
                                // Many checks share a call, and the breaker counts calls.
                                await().untilAsserted(() -> {
                                    assertThat(grantedOf(second, 1, "bob")).isBetween(0L, 1L);
                                    assertThat(other.getBean(FailoverStore.class)
                                                    .state()
                                                    .mode())
                                            .isEqualTo(StoreState.Mode.LOCAL);
                                });
                            }));
        }
    }
}
