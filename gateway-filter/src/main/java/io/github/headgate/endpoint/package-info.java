/** Where operators see over HTTP which limits hold and who is limited, and reset a key. */
@NullMarked
package io.github.headgate.endpoint;

import org.jspecify.annotations.NullMarked;
