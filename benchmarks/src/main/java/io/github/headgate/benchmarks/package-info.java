/** Measures what a decision costs, beside other limiters and the bare call, and says so in a report. */
@NullMarked
package io.github.headgate.benchmarks;

import org.jspecify.annotations.NullMarked;
