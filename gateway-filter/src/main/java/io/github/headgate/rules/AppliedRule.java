package io.github.headgate.rules;

import io.github.headgate.Rule;

/**
 * A rule, and whose it is.
 *
 * @param rule the limits
 * @param source where they come from, for people to read: {@code user alice at claude}, {@code user alice}, {@code tier
 *     free at openai}, {@code tier free}, {@code provider openai}, {@code default}, or {@code user alice (set at run
 *     time)}
 */
public record AppliedRule(Rule rule, String source) {}
