package io.github.headgate.gateway;

import io.github.headgate.testing.TestRedis;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;
import java.nio.charset.StandardCharsets;
import java.util.List;
import reactor.core.publisher.Mono;

/** What can go wrong with a Redis for a while. */
enum Fault {
    /** It is back without its data. */
    KILLED {
        @Override
        void begin(TestRedis redis) {
            redis.kill();
        }

        @Override
        void end(TestRedis redis) {
            redis.restart();
        }
    },
    /** Connections stay open, and nothing is answered. */
    FROZEN {
        @Override
        void begin(TestRedis redis) {
            redis.freeze();
        }

        @Override
        void end(TestRedis redis) {
            redis.thaw();
        }
    },
    /** Reads are answered, writes wait. */
    PAUSED_FOR_WRITES {
        @Override
        void begin(TestRedis redis) {
            tell(redis.uri(), "CLIENT PAUSE 60000 WRITE");
        }

        @Override
        void end(TestRedis redis) {
            tell(redis.uri(), "CLIENT UNPAUSE");
        }
    },
    /** Writes are refused for want of memory. */
    MEMORY_FULL {
        @Override
        void begin(TestRedis redis) {
            tell(redis.uri(), "CONFIG SET maxmemory 1");
        }

        @Override
        void end(TestRedis redis) {
            tell(redis.uri(), "CONFIG SET maxmemory 0");
        }
    },
    /** The primary has become a replica, which takes no writes. */
    READ_ONLY {
        @Override
        void begin(TestRedis redis) {
            tell(redis.uri(), "REPLICAOF 127.0.0.1 1");
        }

        @Override
        void end(TestRedis redis) {
            tell(redis.uri(), "REPLICAOF NO ONE");
        }
    },
    /** The password is another one, and all connections have to sign in again. */
    PASSWORD_CHANGED {
        @Override
        void begin(TestRedis redis) {
            tell(redis.uri(), "CONFIG SET requirepass secret", "CLIENT KILL TYPE normal SKIPME yes");
        }

        @Override
        void end(TestRedis redis) {
            RedisURI signedIn = redis.uri();
            signedIn.setCredentialsProvider(() -> Mono.just(RedisCredentials.just(null, "secret")));
            tell(signedIn, "ACL SETUSER default nopass");
        }
    },
    /** Scripts are forbidden to the user. */
    PERMISSION_TAKEN {
        @Override
        void begin(TestRedis redis) {
            tell(redis.uri(), "ACL SETUSER default -evalsha -eval");
        }

        @Override
        void end(TestRedis redis) {
            tell(redis.uri(), "ACL SETUSER default +@all");
        }
    };

    abstract void begin(TestRedis redis);

    abstract void end(TestRedis redis);

    static void tell(RedisURI server, String... commands) {
        RedisClient client = RedisClient.create(server);
        try (var connection = client.connect()) {
            for (String command : commands) {
                List<String> words = List.of(command.split(" "));
                ProtocolKeyword first = () -> words.get(0).getBytes(StandardCharsets.US_ASCII);
                connection
                        .sync()
                        .dispatch(
                                first,
                                new NestedMultiOutput<>(StringCodec.UTF8),
                                new CommandArgs<>(StringCodec.UTF8).addValues(words.subList(1, words.size())));
            }
        } finally {
            client.shutdown();
        }
    }
}
