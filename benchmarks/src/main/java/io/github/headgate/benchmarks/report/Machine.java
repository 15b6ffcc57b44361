package io.github.headgate.benchmarks.report;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;

/**
 * Where and when figures were measured.
 *
 * @param redis the server's version
 */
public record Machine(
        int cores, String cpu, double memoryGib, String jdk, String system, String redis, LocalDate date) {

    /** The machine this runs on, today in UTC. */
    public static Machine here(String redisVersion) {
        var os = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return new Machine(
                Runtime.getRuntime().availableProcessors(),
                cpuName(),
                os.getTotalMemorySize() / (double) (1 << 30),
                System.getProperty("java.vm.name") + " " + Runtime.version(),
                System.getProperty("os.name") + " " + System.getProperty("os.arch"),
                redisVersion,
                LocalDate.now(ZoneOffset.UTC));
    }

    private static String cpuName() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).trim())
                    .findFirst()
                    .orElse("unknown processor");
        } catch (IOException e) {
            return "unknown processor"; // Not Linux.
        }
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%s: %d cores of %s, %.0f GiB, %s, %s, Redis %s; client, gateway and servers on the same cores",
                date,
                cores,
                cpu,
                memoryGib,
                system,
                jdk,
                redis);
    }
}
