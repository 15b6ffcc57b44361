/** Who is asking: the user and the tier of a request, from sources that the operator names and trusts. */
@NullMarked
package io.github.headgate.caller;

import org.jspecify.annotations.NullMarked;
