package io.github.headgate.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.mock.env.MockEnvironment;

class RedisUrlEnvironmentPostProcessorTest {

    private final MockEnvironment environment = new MockEnvironment();

    @Test
    void becomesSpringsRedisUrl() {
        environment.setProperty("REDIS_URL", " redis://somewhere:6379 ");

        assertThat(springsUrl()).isEqualTo("redis://somewhere:6379");
    }

    @ParameterizedTest
    @CsvSource({
        "redis://somewhere, redis://somewhere:6379",
        "rediss://user:p%40ss@somewhere/1?timeout=5s, rediss://user:p%40ss@somewhere:6379/1?timeout=5s",
        "redis://[::1], redis://[::1]:6379",
        "redis://somewhere:7000/2, redis://somewhere:7000/2",
        "not a url, not a url",
    })
    void getsTheUsualPortWhenItHasNone(String url, String expected) {
        environment.setProperty("REDIS_URL", url);

        assertThat(springsUrl()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  "})
    void countsAsNotSetWhenEmpty(String url) {
        environment.setProperty("REDIS_URL", url);

        assertThat(springsUrl()).isNull();
    }

    @Test
    void leavesAloneWhoSaysHimselfWhereRedisIs() {
        environment.setProperty("REDIS_URL", "redis://somewhere:6379");
        environment.setProperty("spring.data.redis.host", "elsewhere");

        assertThat(springsUrl()).isNull();
    }

    @Test
    void leavesAnExplicitUrlAlone() {
        environment.setProperty("REDIS_URL", "redis://somewhere:6379");
        environment.setProperty("spring.data.redis.url", "redis://elsewhere:6379");

        assertThat(springsUrl()).isEqualTo("redis://elsewhere:6379");
    }

    @Test
    void countsForNothingWhenHeadgateIsSwitchedOff() {
        environment.setProperty("REDIS_URL", "redis://somewhere:6379");
        environment.setProperty("headgate.enabled", "false");

        assertThat(springsUrl()).isNull();
    }

    @Test
    void isReadInEveryApplicationThatHasHeadgate() {
        SpringApplication application = new SpringApplication(Object.class);
        application.setWebApplicationType(WebApplicationType.NONE);

        try (ConfigurableApplicationContext context = application.run("--REDIS_URL=redis://somewhere:6379")) {
            assertThat(context.getEnvironment().getProperty("spring.data.redis.url"))
                    .isEqualTo("redis://somewhere:6379");
        }
    }

    private @Nullable String springsUrl() {
        new RedisUrlEnvironmentPostProcessor(Supplier::get)
                .postProcessEnvironment(environment, new SpringApplication(Object.class));
        return environment.getProperty("spring.data.redis.url");
    }
}
