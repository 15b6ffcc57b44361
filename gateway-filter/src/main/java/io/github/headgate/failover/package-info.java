/** What decides when Redis fails: a circuit breaker between the shared store and this process's own. */
@NullMarked
package io.github.headgate.failover;

import org.jspecify.annotations.NullMarked;
