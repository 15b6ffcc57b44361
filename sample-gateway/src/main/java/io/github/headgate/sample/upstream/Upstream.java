package io.github.headgate.sample.upstream;

import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/**
 * Where one provider's routes lead, and the key they use there.
 *
 * @param baseUrl scheme, host and port; null for the stub provider
 * @param key the credential that replaces the caller's; null to pass the caller's on
 */
record Upstream(@Nullable URI baseUrl, @Nullable String key, Credential credential) {

    /** How a provider is told who pays. */
    enum Credential {
        BEARER {
            @Override
            void replace(HttpHeaders headers, String key) {
                headers.remove(X_API_KEY);
                headers.setBearerAuth(key);
            }
        },
        X_API_KEY_HEADER {
            @Override
            void replace(HttpHeaders headers, String key) {
                headers.remove(HttpHeaders.AUTHORIZATION);
                headers.set(X_API_KEY, key);
            }
        };

        private static final String X_API_KEY = "x-api-key";

        /** Puts the key where the provider looks for it, and takes away every credential of the caller's. */
        abstract void replace(HttpHeaders headers, String key);
    }

    /** Without the key, which must not reach a log. */
    @Override
    public String toString() {
        return (baseUrl == null ? "stub provider" : baseUrl.toString()) + (key == null ? "" : " with a key");
    }
}
