/** Callers that prove who they are with a signed token. */
@NullMarked
package io.github.headgate.sample.security;

import org.jspecify.annotations.NullMarked;
