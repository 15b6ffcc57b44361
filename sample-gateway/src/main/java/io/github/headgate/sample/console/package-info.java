/** The operator's page: what it shows, once a second. */
@NullMarked
package io.github.headgate.sample.console;

import org.jspecify.annotations.NullMarked;
