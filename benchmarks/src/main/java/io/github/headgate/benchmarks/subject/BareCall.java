package io.github.headgate.benchmarks.subject;

import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;

/** One script call that decides nothing: what a limiter with a call for each check cannot beat. */
public final class BareCall implements Subject {

    private final RedisClient client;
    private final RedisAsyncCommands<String, String> commands;
    private final String digest;

    public BareCall(String redisUrl) {
        client = RedisClient.create(RedisUnderTest.at(redisUrl));
        StatefulRedisConnection<String, String> connection = client.connect();
        digest = connection.sync().scriptLoad("return 1");
        commands = connection.async();
    }

    @Override
    public void check(String user, Answer answer) {
        answer.<Long>follow(
                commands.evalsha(digest, ScriptOutputType.INTEGER, new String[] {"bare:{" + user + '}'}),
                reply -> reply == 1);
    }

    @Override
    public void close() {
        client.shutdown();
    }
}
