/** A provider to run against without network or key; it knows nothing of the gateway in front of it. */
@NullMarked
package io.github.headgate.sample.stub;

import org.jspecify.annotations.NullMarked;
