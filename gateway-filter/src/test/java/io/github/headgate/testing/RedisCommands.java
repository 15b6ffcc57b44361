package io.github.headgate.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;

/** Commands to Redis on the wire, each a list of words. */
final class RedisCommands {

    private RedisCommands() {}

    /** Passes commands on until there are no more, each word as it is rewritten. */
    static void rewrite(InputStream from, OutputStream to, UnaryOperator<byte[]> words) throws IOException {
        InputStream in = new BufferedInputStream(from);
        for (String head = line(in); !head.isEmpty(); head = line(in)) {
            ByteArrayOutputStream command = new ByteArrayOutputStream();
            command.write(ascii(head + "\r\n"));
            for (int word = Integer.parseInt(head.substring(1)); word > 0; word--) {
                byte[] bytes = in.readNBytes(Integer.parseInt(line(in).substring(1)));
                line(in);
                byte[] rewritten = words.apply(bytes);
                command.write(ascii("$" + rewritten.length + "\r\n"));
                command.write(rewritten);
                command.write(ascii("\r\n"));
            }
            to.write(command.toByteArray());
        }
    }

    /** A line without its end; empty when there is none. */
    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int read = in.read(); read >= 0 && read != '\n'; read = in.read()) {
            if (read != '\r') {
                line.append((char) read);
            }
        }
        return line.toString();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
