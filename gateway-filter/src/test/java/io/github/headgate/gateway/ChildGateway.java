package io.github.headgate.gateway;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** A whole gateway in a Java process of its own, which can be killed, and ends with its parent. */
final class ChildGateway implements AutoCloseable {

    private static final String READY = "ready ";

    private final Process process;
    private final int port;

    private ChildGateway(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Starts with this process's class path, and waits until it is ready. */
    static ChildGateway start(String yaml) {
        try {
            Path file = Files.createTempFile("headgate", ".yaml");
            file.toFile().deleteOnExit();
            Files.writeString(file, yaml);
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx256m",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            ChildGateway.class.getName(),
                            file.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            BufferedReader out =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            StringBuilder said = new StringBuilder();
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith(READY)) {
                    return new ChildGateway(process, Integer.parseInt(line.substring(READY.length())));
                }
                said.append(line).append('\n');
            }
            throw new IllegalStateException("the gateway ended before it was ready:\n" + said);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The child. */
    public static void main(String[] arguments) throws IOException {
        TestGateway gateway = TestGateway.start(Files.readString(Path.of(arguments[0])));
        System.out.println(READY + gateway.port());
        // Nobody reads on: a full pipe would stop this process at its next word.
        System.setOut(System.err);
        while (System.in.read() >= 0) {
            // The parent never writes; the pipe ends when it does.
        }
        Runtime.getRuntime().halt(0);
    }

    /** Sends at once; fails when the gateway is killed before it answers. */
    CompletableFuture<HttpResponse<String>> send(String path, String user) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(30))
                .header("X-User-Id", user)
                .build();
        return TestGateway.client().sendAsync(request, BodyHandlers.ofString());
    }

    /** Ends the process at once, as {@code kill -9} does. */
    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
