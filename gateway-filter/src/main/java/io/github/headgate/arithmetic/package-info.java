/** The limiting itself: sliding windows and a token bucket as pure arithmetic, without clock, thread or I/O. */
@NullMarked
package io.github.headgate.arithmetic;

import org.jspecify.annotations.NullMarked;
