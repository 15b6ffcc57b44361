package io.github.headgate.benchmarks.gateway;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A server in a Java process of its own, which ends with its parent. */
final class ChildJvm implements AutoCloseable {

    private static final String READY = "ready ";

    private final Process process;
    private final int port;

    private ChildJvm(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /**
     * Starts a main class with this process's class path and {@code -X} options, and waits until it says that it is
     * ready.
     */
    static ChildJvm start(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        command.addAll(1, ownOptions());
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            BufferedReader out =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            StringBuilder said = new StringBuilder();
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith(READY)) {
                    return new ChildJvm(process, Integer.parseInt(line.substring(READY.length())));
                }
                said.append(line).append('\n');
            }
            throw new IllegalStateException(main.getSimpleName() + " ended before it was ready:\n" + said);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> ownOptions() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> option.startsWith("-X"))
                .toList();
    }

    /** In the child: says that it listens, and ends the process when the parent has ended. */
    static void ready(int port) {
        System.out.println(READY + port);
        // Nobody reads on: a full pipe would stop this process at its next word.
        System.setOut(System.err);
        Thread orphan = new Thread(() -> {
            try {
                while (System.in.read() >= 0) {
                    // The parent never writes.
                }
            } catch (IOException e) {
                // The pipe is gone, and so is the parent.
            }
            Runtime.getRuntime().halt(0);
        });
        orphan.setDaemon(true);
        orphan.start();
    }

    int port() {
        return port;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
