/**
 * The gateway filter: it asks the limiter about each exchange, and lets it pass, delays it, or answers in its place.
 */
@NullMarked
package io.github.headgate.filter;

import org.jspecify.annotations.NullMarked;
