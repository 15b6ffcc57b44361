package io.github.headgate.configuration;

import java.util.ArrayList;
import java.util.List;

/**
 * One step of a property's name as it is written: {@code alice}, or in brackets {@code [auth0|42]}.
 *
 * @param text without brackets
 */
record NameSegment(String text, boolean bracketed) {

    /** The steps of a name. */
    static List<NameSegment> parse(String name) {
        List<NameSegment> segments = new ArrayList<>();
        int at = 0;
        while (at < name.length()) {
            boolean bracketed = name.charAt(at) == '[';
            int start = bracketed ? at + 1 : at;
            int end = bracketed ? closingBracket(name, start) : endOfWord(name, start);
            segments.add(new NameSegment(name.substring(start, end), bracketed));
            at = bracketed ? end + 1 : end;
            if (at < name.length() && name.charAt(at) == '.') {
                at++;
            }
        }
        return segments;
    }

    private static int endOfWord(String name, int start) {
        int end = start;
        while (end < name.length() && name.charAt(end) != '.' && name.charAt(end) != '[') {
            end++;
        }
        return end;
    }

    /** Where the bracket closes that opened just before start; the name's length when it never does. */
    private static int closingBracket(String name, int start) {
        int open = 1;
        for (int i = start; i < name.length(); i++) {
            char c = name.charAt(i);
            open += c == '[' ? 1 : c == ']' ? -1 : 0;
            if (open == 0) {
                return i;
            }
        }
        return name.length();
    }

    boolean isProperty(String property) {
        return !bracketed && PropertyTree.uniform(text).equals(PropertyTree.uniform(property));
    }
}
