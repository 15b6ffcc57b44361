/** The limiter that applications call: looks up the rule, asks the store, and does the waiting. */
@NullMarked
package io.github.headgate.limiter;

import org.jspecify.annotations.NullMarked;
