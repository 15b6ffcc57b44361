package io.github.headgate.caller;

import java.security.Principal;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.OAuth2AuthenticatedPrincipal;
import org.springframework.security.oauth2.server.resource.authentication.AbstractOAuth2TokenAuthenticationToken;
import org.springframework.util.ClassUtils;

/** Reads authenticated principals; works without Spring Security, whose principals then cannot occur. */
final class Principals {

    private static final boolean SECURITY = isPresent("org.springframework.security.core.Authentication");
    private static final boolean OAUTH2 =
            isPresent("org.springframework.security.oauth2.core.OAuth2AuthenticatedPrincipal");
    private static final boolean RESOURCE_SERVER = isPresent(
            "org.springframework.security.oauth2.server.resource.authentication.AbstractOAuth2TokenAuthenticationToken");

    private Principals() {}

    private static boolean isPresent(String type) {
        return ClassUtils.isPresent(type, Principals.class.getClassLoader());
    }

    /** The principal's name; null for an anonymous one, and for a name of nothing but white space. */
    static @Nullable String name(Principal principal) {
        return isAuthenticated(principal) ? textOrNull(principal.getName()) : null;
    }

    /**
     * A claim of the token, or an attribute of the user, that the principal was authenticated with; null when there is
     * none, it is blank, or it is no string, number or boolean.
     */
    static @Nullable String claim(Principal principal, String name) {
        if (!isAuthenticated(principal)) {
            return null;
        }
        Object value = null;
        if (RESOURCE_SERVER) {
            value = Tokens.attribute(principal, name);
        }
        if (value == null && OAUTH2) {
            value = Users.attribute(principal, name);
        }
        return value instanceof String || value instanceof Number || value instanceof Boolean
                ? textOrNull(value.toString())
                : null;
    }

    private static boolean isAuthenticated(Principal principal) {
        return !SECURITY || Security.isAuthenticated(principal);
    }

    private static @Nullable String textOrNull(@Nullable String text) {
        return text == null || text.isBlank() ? null : text;
    }

    // Optional types are named only inside these holders, which the virtual machine links on first use.

    private static final class Security {
        static boolean isAuthenticated(Principal principal) {
            return !(principal instanceof Authentication authentication)
                    || (authentication.isAuthenticated() && !(principal instanceof AnonymousAuthenticationToken));
        }
    }

    private static final class Tokens {
        static @Nullable Object attribute(Principal principal, String name) {
            return principal instanceof AbstractOAuth2TokenAuthenticationToken<?> token
                    ? valueOf(token.getTokenAttributes(), name)
                    : null;
        }
    }

    private static final class Users {
        static @Nullable Object attribute(Principal principal, String name) {
            return principal instanceof Authentication authentication
                            && authentication.getPrincipal() instanceof OAuth2AuthenticatedPrincipal user
                    ? valueOf(user.getAttributes(), name)
                    : null;
        }
    }

    private static @Nullable Object valueOf(@Nullable Map<String, Object> attributes, String name) {
        return attributes == null ? null : attributes.get(name);
    }
}
