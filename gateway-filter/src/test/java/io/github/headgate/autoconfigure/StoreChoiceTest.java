package io.github.headgate.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.headgate.configuration.InvalidConfigurationException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.AutoConfigureAfter;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisStaticMasterReplicaConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

class StoreChoiceTest {

    @Test
    void countsLiveInMemoryWhenNoRedisIsConfigured() {
        assertChoice(StartUp.runner(), new StoreChoice(false, "no Redis is configured"));
        assertChoice(
                StartUp.runner().withPropertyValues("spring.data.redis.port=6379"),
                new StoreChoice(false, "no Redis is configured"));
    }

    @ParameterizedTest
    @CsvSource({
        "spring.data.redis.url=redis://somewhere:6379, spring.data.redis.url",
        "spring.data.redis.host=somewhere, spring.data.redis.host",
        "spring.data.redis.cluster.nodes=somewhere:1, spring.data.redis.cluster.nodes",
        "spring.data.redis.cluster.nodes[0]=somewhere:1, spring.data.redis.cluster.nodes",
    })
    void countsLiveInRedisWhenAPropertySaysWhereItIs(String property, String reason) {
        assertChoice(StartUp.runner().withPropertyValues(property), new StoreChoice(true, reason));
    }

    /** No connection ever came about, and each gateway granted the whole limit. */
    @Test
    void aListOfAMasterAndItsReplicasStopsTheStart() {
        StartUp.runner()
                .withPropertyValues("spring.data.redis.masterreplica.nodes=one:6379,two:6379")
                .run(
                        context -> assertThat(context)
                                .getFailure()
                                .rootCause()
                                .isInstanceOf(InvalidConfigurationException.class)
                                .hasMessage(
                                        "spring.data.redis.masterreplica.nodes = \"one:6379,two:6379\": limits are counted by one"
                                                + " master, and nobody tells which server of such a list it is (allowed: the master's address in"
                                                + " spring.data.redis.url, or spring.data.redis.sentinel.* or"
                                                + " spring.data.redis.cluster.nodes; with headgate.store=local also such a list)"));
        assertChoice(
                StartUp.runner()
                        .withPropertyValues("headgate.store=local", "spring.data.redis.masterreplica.nodes=one:6379"),
                new StoreChoice(false, "headgate.store"));
    }

    @Test
    void aBeanThatNamesAMasterAndItsReplicasStopsTheStart() {
        DataRedisConnectionDetails details = new DataRedisConnectionDetails() {
            @Override
            public MasterReplica getMasterReplica() {
                return () -> List.of(new Node("one", 6379), new Node("two", 6379));
            }
        };
        assertRefused(StartUp.runner().withBean("service", DataRedisConnectionDetails.class, () -> details), "service");
        assertRefused(
                StartUp.runner()
                        .withPropertyValues("headgate.store=redis")
                        .withBean(
                                "list",
                                RedisStaticMasterReplicaConfiguration.class,
                                () -> new RedisStaticMasterReplicaConfiguration("one")),
                "list");
    }

    private static void assertRefused(ReactiveWebApplicationContextRunner runner, String bean) {
        runner.run(context -> assertThat(context)
                .getFailure()
                .rootCause()
                .isInstanceOf(InvalidConfigurationException.class)
                .hasMessageStartingWith("bean = \"" + bean + "\": limits are counted by one master"));
    }

    @Test
    void countsLiveInRedisWhenSentinelsKnowWhereItIs() {
        assertChoice(
                StartUp.runner()
                        .withPropertyValues(
                                "spring.data.redis.sentinel.master=main",
                                "spring.data.redis.sentinel.nodes=somewhere:1"),
                new StoreChoice(true, "spring.data.redis.sentinel.master"));
    }

    @Test
    void countsLiveInRedisWhenConnectionDetailsSayWhereItIs() {
        DataRedisConnectionDetails details = new DataRedisConnectionDetails() {
            @Override
            public Standalone getStandalone() {
                return Standalone.of("somewhere", 6379);
            }
        };

        assertChoice(
                StartUp.runner().withBean("service", DataRedisConnectionDetails.class, () -> details),
                new StoreChoice(true, "bean service"));
    }

    @Test
    void countsLiveInRedisWhenTheApplicationBringsAConnectionFactory() {
        assertChoice(
                StartUp.runner()
                        .withBean(
                                "own",
                                LettuceConnectionFactory.class,
                                () -> new LettuceConnectionFactory("somewhere", 1)),
                new StoreChoice(true, "bean own"));
    }

    @Test
    void storeThatIsNamedWins() {
        assertChoice(
                StartUp.runner().withPropertyValues("headgate.store=local", "spring.data.redis.host=somewhere"),
                new StoreChoice(false, "headgate.store"));
        assertChoice(
                StartUp.runner().withPropertyValues("headgate.store=redis"), new StoreChoice(true, "headgate.store"));
    }

    /** The condition sees the same beans as the choice does, although it is evaluated before there are any. */
    private static void assertChoice(ReactiveWebApplicationContextRunner runner, StoreChoice expected) {
        runner.withConfiguration(AutoConfigurations.of(OnRedis.class)).run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(context.getBean(StoreChoice.class)).isEqualTo(expected);
            assertThat(context.containsBean("onRedis")).isEqualTo(expected.redis());
        });
    }

    @Configuration(proxyBeanMethods = false)
    @AutoConfigureAfter(HeadgateAutoConfiguration.class)
    static class OnRedis {

        @Bean
        @Conditional(OnRedisStoreCondition.class)
        String onRedis() {
            return "redis";
        }
    }
}
