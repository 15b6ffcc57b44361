/** Each way to load a limiter, or to weigh it. */
@NullMarked
package io.github.headgate.benchmarks.driver;

import org.jspecify.annotations.NullMarked;
