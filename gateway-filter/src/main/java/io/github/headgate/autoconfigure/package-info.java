/** The configuration under {@code headgate}, its checks at start-up, and the beans that Spring Boot makes of it. */
@NullMarked
package io.github.headgate.autoconfigure;

import org.jspecify.annotations.NullMarked;
