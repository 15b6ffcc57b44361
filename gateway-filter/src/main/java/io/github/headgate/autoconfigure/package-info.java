/** The beans that Spring Boot makes of the configuration, and what starts and stops with the application. */
@NullMarked
package io.github.headgate.autoconfigure;

import org.jspecify.annotations.NullMarked;
