package io.github.headgate.sample.stub;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The text that the stub model says, cut into tokens, and what the exchange is said to cost.
 *
 * @param tokens each a word with the space before it
 * @param promptTokens about one for four characters, and four for each message
 * @param cutOff whether the caller's token limit ended the text
 */
record Reply(List<String> tokens, int promptTokens, boolean cutOff) {

    private static final int LONGEST_QUOTE = 200;

    /** @param maxTokens the most tokens in the reply, at least 1 */
    static Reply to(ObjectNode request, int maxTokens) {
        JsonNode messages = request.path("messages");
        int promptTokens = tokensIn(text(request.path("system")));
        for (JsonNode message : messages) {
            promptTokens += 4 + tokensIn(text(message.path("content")));
        }
        String last = text(messages.path(messages.size() - 1).path("content")).strip();
        String quote = last.length() <= LONGEST_QUOTE ? last : last.substring(0, LONGEST_QUOTE) + "...";
        List<String> words = words("Hello from the stub provider inside the Headgate sample. You said: " + quote);
        boolean cutOff = words.size() > maxTokens;
        return new Reply(cutOff ? List.copyOf(words.subList(0, maxTokens)) : words, promptTokens, cutOff);
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        int start = 0;
        for (int i = 1; i < text.length(); i++) {
            if (text.charAt(i) == ' ') {
                words.add(text.substring(start, i));
                start = i;
            }
        }
        words.add(text.substring(start));
        return List.copyOf(words);
    }

    /** The text of a content that is a string, or a list of parts of which some are text. */
    private static String text(JsonNode content) {
        if (!content.isArray()) {
            return content.asString("");
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode part : content) {
            text.append(part.path("text").asString(""));
        }
        return text.toString();
    }

    private static int tokensIn(String text) {
        return (text.length() + 3) / 4;
    }

    /** An id as providers make them: a prefix and 16 hexadecimal digits. */
    static String id(String prefix) {
        return prefix + String.format("%016x", ThreadLocalRandom.current().nextLong());
    }

    String text() {
        return String.join("", tokens);
    }

    int completionTokens() {
        return tokens.size();
    }
}
