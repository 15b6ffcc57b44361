package io.github.headgate.arithmetic;

import io.github.headgate.Rule;

/**
 * Permits that were spent some time ago, and the limits they still count against.
 *
 * @param rule those limits
 * @param permits how many, at least 1
 * @param ageMillis how long ago at least, 0 or more
 */
public record Spent(Rule rule, int permits, long ageMillis) {}
