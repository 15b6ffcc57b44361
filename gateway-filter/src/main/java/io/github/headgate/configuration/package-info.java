/** The configuration under {@code headgate}, its checks at start-up, and how the user is told what is wrong. */
@NullMarked
package io.github.headgate.configuration;

import org.jspecify.annotations.NullMarked;
