/** Who may do what: callers with signed tokens, and the operator with a password. */
@NullMarked
package io.github.headgate.sample.security;

import org.jspecify.annotations.NullMarked;
