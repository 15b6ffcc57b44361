/** How requests fare and how the store does, as metrics and in the log. */
@NullMarked
package io.github.headgate.metrics;

import org.jspecify.annotations.NullMarked;
