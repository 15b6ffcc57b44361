/** A whole gateway under load: its process, its upstream's, and the client. */
@NullMarked
package io.github.headgate.benchmarks.gateway;

import org.jspecify.annotations.NullMarked;
