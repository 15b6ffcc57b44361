package io.github.headgate.autoconfigure;

import io.github.headgate.configuration.HeadgateProperties.Store;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.core.env.Environment;
import org.springframework.data.redis.connection.RedisConnectionFactory;

/**
 * Where counts live, decided.
 *
 * @param redis whether in Redis, else in this gateway's memory
 * @param reason why, for people to read
 */
record StoreChoice(boolean redis, String reason) {

    private static final String BOOTS_CONFIGURATION = DataRedisAutoConfiguration.class.getPackageName() + '.';

    /**
     * Decides from {@code headgate.store} and, where that says auto, from whether the application says where its Redis
     * is: by a property, by connection details of its own such as a service connection brings, or by a connection
     * factory of its own.
     */
    static StoreChoice of(Environment environment, ConfigurableListableBeanFactory beans) {
        Store store =
                Binder.get(environment).bind("headgate.store", Store.class).orElse(Store.AUTO);
        if (store != Store.AUTO) {
            return new StoreChoice(store == Store.REDIS, "headgate.store");
        }
        String property = RedisSettings.present(environment);
        if (property != null) {
            return new StoreChoice(true, property);
        }
        String bean = ownBean(beans, DataRedisConnectionDetails.class);
        if (bean == null) {
            bean = ownBean(beans, RedisConnectionFactory.class);
        }
        return bean == null ? new StoreChoice(false, "no Redis is configured") : new StoreChoice(true, "bean " + bean);
    }

    /** Whether the connection factory is Spring Boot's, not one that the application brings. */
    static boolean isFactoryOfBoot(ConfigurableListableBeanFactory beans) {
        return ownBean(beans, RedisConnectionFactory.class) == null;
    }

    /** A bean of that type that the application brings; Boot's own is always there, whether there is a Redis or not. */
    private static @Nullable String ownBean(ConfigurableListableBeanFactory beans, Class<?> type) {
        for (String name : beans.getBeanNamesForType(type, true, false)) {
            String maker = beans.containsBeanDefinition(name)
                    ? beans.getMergedBeanDefinition(name).getFactoryBeanName()
                    : null;
            if (maker == null || !maker.startsWith(BOOTS_CONFIGURATION)) {
                return name;
            }
        }
        return null;
    }
}
