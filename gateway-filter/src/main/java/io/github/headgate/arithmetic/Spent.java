package io.github.headgate.arithmetic;

import io.github.headgate.Rule;

/**
 * Permits that were spent some time ago, or are to be spent, and the limits they count against.
 *
 * @param rule those limits
 * @param permits how many, at least 1
 * @param ageMillis how long ago at least; negative when they are reserved for later
 */
public record Spent(Rule rule, int permits, long ageMillis) {}
