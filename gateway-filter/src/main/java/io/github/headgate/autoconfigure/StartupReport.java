package io.github.headgate.autoconfigure;

import io.github.headgate.configuration.ConfiguredRules;
import io.github.headgate.configuration.HeadgateProperties;
import io.github.headgate.rules.RuleBook;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import reactor.netty.http.server.HttpServer;

/** Logs, once at start-up, where counts live, the rules in force, and what is amiss. */
final class StartupReport implements SmartInitializingSingleton {

    private static final Log LOG = LogFactory.getLog(StartupReport.class);

    private final HeadgateProperties properties;
    private final RuleBook rules;
    private final StoreChoice store;

    StartupReport(HeadgateProperties properties, RuleBook rules, StoreChoice store) {
        this.properties = properties;
        this.rules = rules;
        this.store = store;
    }

    @Override
    public void afterSingletonsInstantiated() {
        LOG.info("Headgate store: " + (store.redis() ? "redis" : "local") + " (" + store.reason() + ")");
        rules.lines(properties.logUserIds()).forEach(line -> LOG.info("Headgate rule: " + line));
        ConfiguredRules.neverBinding(properties).forEach(LOG::warn);
        String server = ServerVersion.warning(HttpServer.class.getPackage().getImplementationVersion());
        if (server != null) {
            LOG.warn(server);
        }
    }
}
