package io.github.headgate.benchmarks;

import io.github.headgate.benchmarks.driver.Decisions;
import io.github.headgate.benchmarks.driver.Effort;
import io.github.headgate.benchmarks.driver.Growth;
import io.github.headgate.benchmarks.driver.Latency;
import io.github.headgate.benchmarks.driver.Memory;
import io.github.headgate.benchmarks.driver.Throughput;
import io.github.headgate.benchmarks.driver.Waiting;
import io.github.headgate.benchmarks.gateway.WholeGateway;
import io.github.headgate.benchmarks.report.Machine;
import io.github.headgate.benchmarks.report.Report;
import io.github.headgate.benchmarks.report.Result;
import io.github.headgate.benchmarks.subject.RedisUnderTest;
import java.nio.file.Path;
import java.util.concurrent.Callable;

/** Runs every driver in turn and writes the report: {@code Benchmarks full|quick FOLDER}. */
public final class Benchmarks {

    private Benchmarks() {}

    // Rethrown it would end this thread alone, and the process would stand still.
    @SuppressWarnings("CatchAndPrintStackTrace")
    public static void main(String[] args) {
        int status = 1;
        try {
            run(args);
            status = 0;
        } catch (Exception | Error e) {
            e.printStackTrace();
        }
        // JMH and the clients leave threads behind that nothing can be told to end.
        System.exit(status);
    }

    private static void run(String[] args) throws Exception {
        Effort effort = Effort.of(args[0]);
        Path folder = Path.of(args[1]);
        String command = "./mvnw -Pbenchmarks -pl benchmarks -am verify" + (effort == Effort.QUICK ? " -Dquick" : "");
        run(effort, command).writeTo(folder);
        System.out.println("Report: " + folder.resolve("report.md").toAbsolutePath());
    }

    static Report run(Effort effort, String command) throws Exception {
        try (RedisUnderTest redis = RedisUnderTest.start(System.getenv("REDIS_URL"))) {
            Report report = new Report(Machine.here(redis.version()), command);
            report.add(timed("throughput", new Throughput(redis, effort)::run));
            report.add(timed("latency", new Latency(redis, effort)::run));
            report.add(timed("whole gateway", new WholeGateway(redis, effort)::run));
            report.add(timed("decisions", new Decisions(redis, effort)::run));
            report.add(timed("memory", new Memory(redis)::run));
            report.add(timed("waiting", new Waiting(redis, effort)::run));
            report.add(timed("growth", new Growth(redis, effort)::run));
            return report;
        }
    }

    private static Result timed(String name, Callable<Result> driver) throws Exception {
        long start = System.nanoTime();
        Result result = driver.call();
        System.out.printf("%-14s %3d s%n", name, (System.nanoTime() - start) / 1_000_000_000);
        return result;
    }
}
