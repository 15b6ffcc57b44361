package io.github.headgate.sample.security;

import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a browser does, as far as sessions go: it keeps cookies, and sends a form with its token. */
final class Browser {

    private static final Pattern TOKEN = Pattern.compile("name=\"_csrf\" value=\"([^\"]+)\"");
    private static final Pattern SESSION_TOKEN = Pattern.compile("\"token\":\"([^\"]+)\"");

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .cookieHandler(new CookieManager())
            .build();
    private final Function<String, URI> gateway;

    Browser(Function<String, URI> gateway) {
        this.gateway = gateway;
    }

    HttpResponse<String> send(String method, String path, String... headers) throws IOException, InterruptedException {
        return send(method, path, BodyPublishers.noBody(), headers);
    }

    HttpResponse<String> sendJson(String method, String path, String json, String... headers)
            throws IOException, InterruptedException {
        return send(method, path, BodyPublishers.ofString(json), headers);
    }

    private HttpResponse<String> send(String method, String path, BodyPublisher body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(gateway.apply(path)).timeout(PATIENCE);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.method(method, body).build(), BodyHandlers.ofString());
    }

    HttpResponse<String> signIn(String name, String password) throws IOException, InterruptedException {
        Matcher token = TOKEN.matcher(send("GET", "/console/login").body());
        return post(
                "/console/login",
                "username=" + encoded(name) + "&password=" + encoded(password)
                        + (token.find() ? "&_csrf=" + encoded(token.group(1)) : ""));
    }

    HttpResponse<String> post(String path, String form) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(gateway.apply(path))
                        .timeout(PATIENCE)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(BodyPublishers.ofString(form))
                        .build(),
                BodyHandlers.ofString());
    }

    String token() throws IOException, InterruptedException {
        Matcher token = SESSION_TOKEN.matcher(send("GET", "/console/token").body());
        if (!token.find()) {
            throw new IllegalStateException("no token: not signed in");
        }
        return token.group(1);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
