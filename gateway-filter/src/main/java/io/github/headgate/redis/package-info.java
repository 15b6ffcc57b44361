/** The store in Redis: one script call decides, shared by all gateways. */
@NullMarked
package io.github.headgate.redis;

import org.jspecify.annotations.NullMarked;
