/** The configuration under {@code headgate}, checked at start-up: one that exists is right. */
@NullMarked
package io.github.headgate.configuration;

import org.jspecify.annotations.NullMarked;
