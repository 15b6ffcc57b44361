/** The words of Headgate and its two ports: the limiter that applications call, and the store that counts. */
@NullMarked
package io.github.headgate;

import org.jspecify.annotations.NullMarked;
