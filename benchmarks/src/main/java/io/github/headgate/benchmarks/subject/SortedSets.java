package io.github.headgate.benchmarks.subject;

import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;

/** Three sliding windows as sorted sets of timestamps, checked and charged in one script. */
final class SortedSets implements Subject {

    private static final String LIMIT = Integer.toString(SubjectKind.Limits.PER_WINDOW);

    private final RedisClient client;
    private final RedisAsyncCommands<String, String> commands;
    private final String digest;
    private final AtomicLong members = new AtomicLong();

    SortedSets(String redisUrl) {
        client = RedisClient.create(RedisUnderTest.at(redisUrl));
        StatefulRedisConnection<String, String> connection = client.connect();
        digest = connection.sync().scriptLoad(source());
        commands = connection.async();
    }

    private static String source() {
        try (InputStream in = SortedSets.class.getResourceAsStream("sorted-sets.lua")) {
            if (in == null) {
                throw new IllegalStateException("sorted-sets.lua is missing");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void check(String user, Answer answer) {
        String tag = "log:{" + user + "}:";
        answer.<Long>follow(
                commands.evalsha(
                        digest,
                        ScriptOutputType.INTEGER,
                        new String[] {tag + "minute", tag + "hour", tag + "day"},
                        LIMIT,
                        LIMIT,
                        LIMIT,
                        Long.toString(members.incrementAndGet())),
                reply -> reply == 1);
    }

    @Override
    public void close() {
        client.shutdown();
    }
}
