/** The store in this process's memory: one bounded state a key, and a bounded number of keys. */
@NullMarked
package io.github.headgate.local;

import org.jspecify.annotations.NullMarked;
