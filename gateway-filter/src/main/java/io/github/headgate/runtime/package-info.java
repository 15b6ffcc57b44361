/** Where rules that are set at run time are kept, and how every gateway comes to know them. */
@NullMarked
package io.github.headgate.runtime;

import org.jspecify.annotations.NullMarked;
