package io.github.headgate.autoconfigure;

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
            int end = start;
            while (end < name.length() && !ends(name.charAt(end), bracketed)) {
                end++;
            }
            segments.add(new NameSegment(name.substring(start, end), bracketed));
            at = bracketed ? end + 1 : end;
            if (at < name.length() && name.charAt(at) == '.') {
                at++;
            }
        }
        return segments;
    }

    private static boolean ends(char c, boolean bracketed) {
        return bracketed ? c == ']' : c == '.' || c == '[';
    }

    boolean isProperty(String property) {
        return !bracketed && PropertyTree.uniform(text).equals(PropertyTree.uniform(property));
    }
}
