package io.github.headgate.testing;

import io.lettuce.core.RedisURI;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A Redis user with no more rights than those that the README says are enough. */
public final class LeastPrivileges {

    public static final String NAME = "headgate";
    public static final String PASSWORD = "secret";

    private static final Pattern PARAGRAPH = Pattern.compile(
            "^\\*\\*An ACL user\\*\\*(?<anywhere>.+?)\\. On a Cluster\\s(?<cluster>.+?)\\. .+?\n\n",
            Pattern.DOTALL | Pattern.MULTILINE);

    private LeastPrivileges() {}

    /** The setting by which a server knows the user. */
    public static String setting() {
        return "user " + NAME + " on >" + PASSWORD + ' ' + rules("anywhere");
    }

    /** The same for each node of a Cluster. */
    public static String settingOnACluster() {
        return setting() + ' ' + rules("cluster");
    }

    /** A server's address, for a client that signs in as the user. */
    public static RedisURI at(TestRedis server) {
        return RedisURI.builder(server.uri()).withAuthentication(NAME, PASSWORD).build();
    }

    private static String rules(String where) {
        String readme;
        try {
            readme = Files.readString(Path.of("..", "README.md"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Matcher paragraph = PARAGRAPH.matcher(readme);
        if (!paragraph.find()) {
            throw new IllegalStateException("the README has no paragraph about an ACL user");
        }
        return Pattern.compile("`([^`]+)`")
                .matcher(paragraph.group(where))
                .results()
                .map(span -> span.group(1))
                .collect(Collectors.joining(" "));
    }
}
