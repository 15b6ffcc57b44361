package io.github.headgate.sample.security;

import java.util.Map;
import org.springframework.http.MediaType;
import org.springframework.security.web.server.csrf.CsrfToken;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** The console's sign-in page, and the token that a write from a signed-in page has to bring. */
@RestController
final class SignIn {

    @GetMapping(path = "/console/login", produces = MediaType.TEXT_HTML_VALUE)
    Mono<String> page(ServerWebExchange exchange) {
        boolean failed = exchange.getRequest().getQueryParams().containsKey("error");
        return token(exchange).map(token -> """
                <!doctype html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <title>Headgate: sign in</title>
                <link rel="stylesheet" href="/console/console.css">
                </head>
                <body>
                <main class="sign-in">
                <h1>Headgate</h1>
                %s
                <form method="post" action="/console/login">
                <input type="hidden" name="%s" value="%s">
                <label>Name <input name="username" autocomplete="username" required autofocus></label>
                <label>Password
                <input name="password" type="password" autocomplete="current-password" required></label>
                <button>Sign in</button>
                </form>
                </main>
                </body>
                </html>
                """.formatted(
                        failed ? "<p class=\"failed\" role=\"alert\">That name or password is wrong.</p>" : "",
                        token.getParameterName(),
                        token.getToken()));
    }

    @GetMapping("/console/token")
    Mono<Map<String, String>> tokenOfSession(ServerWebExchange exchange) {
        return token(exchange).map(token -> Map.of("header", token.getHeaderName(), "token", token.getToken()));
    }

    private static Mono<CsrfToken> token(ServerWebExchange exchange) {
        Mono<CsrfToken> token = exchange.getAttribute(CsrfToken.class.getName());
        return token == null ? Mono.error(new IllegalStateException("no CSRF filter on this path")) : token;
    }
}
