/** The runnable gateway: its entry point and what it says when it starts. */
@NullMarked
package io.github.headgate.sample;

import org.jspecify.annotations.NullMarked;
