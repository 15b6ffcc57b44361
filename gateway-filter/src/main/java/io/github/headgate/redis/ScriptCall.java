package io.github.headgate.redis;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.netty.buffer.ByteBuf;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A call of the limiter script that asks for its input when it is written to the connection, on the client's event
 * loop: what comes up while that is being woken still goes with it.
 */
final class ScriptCall extends Command<byte[], byte[], byte[]> {

    private final byte[] script;
    private final Supplier<ScriptInput> input;
    private boolean filled;

    private ScriptCall(CommandType type, byte[] script, Supplier<ScriptInput> input) {
        super(type, new ValueOutput<>(ByteArrayCodec.INSTANCE), new CommandArgs<>(ByteArrayCodec.INSTANCE));
        this.script = script;
        this.input = input;
    }

    /** Calls the script by the name that a server knows it by if it has seen it. */
    static ScriptCall byDigest(LimiterScript script, Supplier<ScriptInput> input) {
        return new ScriptCall(CommandType.EVALSHA, script.digest(), input);
    }

    /** Sends the whole script along. */
    static ScriptCall bySource(LimiterScript script, Supplier<ScriptInput> input) {
        return new ScriptCall(CommandType.EVAL, script.source(), input);
    }

    /**
     * Sends it, on a cluster to where its keys live.
     *
     * @param answer is given the script's answer on the client's event loop, or why there is none, on any thread
     */
    void send(StatefulConnection<byte[], byte[]> connection, BiConsumer<byte[], @Nullable Throwable> answer) {
        if (connection instanceof StatefulRedisClusterConnection) {
            fill();
        }
        AsyncCommand<byte[], byte[], byte[]> command = new AsyncCommand<>(this);
        // First: afterwards it may have been answered, and this thread would be given the answer.
        var unused = command.whenComplete(answer);
        connection.dispatch(command);
    }

    @Override
    public void encode(ByteBuf target) {
        fill();
        super.encode(target);
    }

    /** Once: without an answer when its connection closes, a call is written again to the next connection. */
    private void fill() {
        if (!filled) {
            filled = true;
            ScriptInput known = input.get();
            args.add(script).add(known.keys().size()).addKeys(known.keys()).addValues(known.arguments());
        }
    }
}
