package io.github.headgate.autoconfigure;

import io.github.headgate.autoconfigure.HeadgateProperties.Store;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.core.env.Environment;

/**
 * Where counts live, decided.
 *
 * @param redis whether in Redis, else in this gateway's memory
 * @param reason why, for people to read
 */
record StoreChoice(boolean redis, String reason) {

    /**
     * Decides from {@code headgate.store} and, where that says auto, from whether the application says where its Redis
     * is: by a property, or by connection details of its own such as a service connection brings.
     */
    static StoreChoice of(Environment environment, ListableBeanFactory beans) {
        Store store =
                Binder.get(environment).bind("headgate.store", Store.class).orElse(Store.AUTO);
        if (store != Store.AUTO) {
            return new StoreChoice(store == Store.REDIS, "headgate.store");
        }
        String property = RedisSettings.present(environment);
        if (property != null) {
            return new StoreChoice(true, property);
        }
        String bean = connectionDetails(beans);
        return bean == null
                ? new StoreChoice(false, "no Redis is configured")
                : new StoreChoice(true, "connection details of bean " + bean);
    }

    private static @Nullable String connectionDetails(ListableBeanFactory beans) {
        for (String name : beans.getBeanNamesForType(DataRedisConnectionDetails.class, true, false)) {
            Class<?> type = beans.getType(name, false);
            // Boot's own, made of spring.data.redis.*, is always there; its class is hidden.
            if (type == null || !type.getSimpleName().equals("PropertiesDataRedisConnectionDetails")) {
                return name;
            }
        }
        return null;
    }
}
