package io.github.headgate.arithmetic;

import io.github.headgate.Charge;
import io.github.headgate.Key;
import io.github.headgate.Rule;

/**
 * What a key's state was charged.
 *
 * @param rule the limits that were charged
 * @param generation the state that was charged; a state that came later has another
 * @param instantMillis when the permits are spent, in the key's own time
 */
public record SlotCharge(Key key, Rule rule, int permits, long generation, long instantMillis) implements Charge {}
