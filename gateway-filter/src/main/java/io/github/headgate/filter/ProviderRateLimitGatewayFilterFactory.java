package io.github.headgate.filter;

import io.github.headgate.caller.MissingUser;
import io.github.headgate.http.Dialect;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.gateway.filter.factory.AbstractGatewayFilterFactory;
import org.springframework.cloud.gateway.support.HasRouteId;

/**
 * Makes the {@code ProviderRateLimit} filter: of a definition in YAML, or of a {@link Config} in Java. The bean of this
 * type limits, or lets everything pass where Headgate is switched off.
 */
public abstract sealed class ProviderRateLimitGatewayFilterFactory
        extends AbstractGatewayFilterFactory<ProviderRateLimitGatewayFilterFactory.Config>
        permits LimitingGatewayFilterFactory, PassingGatewayFilterFactory {

    /** The filter's name in YAML. */
    public static final String NAME = "ProviderRateLimit";

    ProviderRateLimitGatewayFilterFactory() {
        super(Config.class);
    }

    @Override
    public final String name() {
        return NAME;
    }

    @Override
    public final List<String> shortcutFieldOrder() {
        return List.of("provider");
    }

    /** One filter's arguments; what is not set comes from the defaults. */
    public static class Config implements HasRouteId {

        private @Nullable String routeId;
        private @Nullable String provider;
        private @Nullable List<String> user;
        private @Nullable MissingUser missingUser;
        private @Nullable Mode mode;
        private @Nullable Duration maxWait;
        private @Nullable Integer permits;
        private @Nullable Dialect dialect;
        private @Nullable Boolean headers;
        private @Nullable Boolean shadow;

        @Override
        public @Nullable String getRouteId() {
            return routeId;
        }

        @Override
        public void setRouteId(String routeId) {
            this.routeId = routeId;
        }

        public @Nullable String getProvider() {
            return provider;
        }

        /** Must be built in or configured. Not set: the route's metadata {@code provider}, then the route's id. */
        public void setProvider(@Nullable String provider) {
            this.provider = provider;
        }

        public @Nullable List<String> getUser() {
            return user;
        }

        /**
         * Each {@code header:NAME}, {@code claim:NAME}, {@code principal}, {@code ip} or {@code bean:NAME}, tried in
         * their order. Not set: {@code headgate.user}.
         */
        public void setUser(@Nullable List<String> user) {
            this.user = user;
        }

        public @Nullable MissingUser getMissingUser() {
            return missingUser;
        }

        /** What becomes of a request without a user. Not set: {@code headgate.missing-user}. */
        public void setMissingUser(@Nullable MissingUser missingUser) {
            this.missingUser = missingUser;
        }

        public @Nullable Mode getMode() {
            return mode;
        }

        /** What becomes of a request over its limit. Not set: {@code headgate.mode}. */
        public void setMode(@Nullable Mode mode) {
            this.mode = mode;
        }

        public @Nullable Duration getMaxWait() {
            return maxWait;
        }

        /** The longest wait in {@link Mode#WAIT}, 0 s to 60 s. Not set: {@code headgate.max-wait}. */
        public void setMaxWait(@Nullable Duration maxWait) {
            this.maxWait = maxWait;
        }

        public @Nullable Integer getPermits() {
            return permits;
        }

        /** What one request spends, at least 1. Not set: 1. */
        public void setPermits(@Nullable Integer permits) {
            this.permits = permits;
        }

        public @Nullable Dialect getDialect() {
            return dialect;
        }

        /** Not set: the provider's. */
        public void setDialect(@Nullable Dialect dialect) {
            this.dialect = dialect;
        }

        public @Nullable Boolean getHeaders() {
            return headers;
        }

        /**
         * Whether granted responses carry limit headers. The provider's own go in any case. Not set:
         * {@code headgate.headers}.
         */
        public void setHeaders(@Nullable Boolean headers) {
            this.headers = headers;
        }

        public @Nullable Boolean getShadow() {
            return shadow;
        }

        /** Whether limits only count and show, and hold nobody up. Not set: the provider's. */
        public void setShadow(@Nullable Boolean shadow) {
            this.shadow = shadow;
        }
    }
}
