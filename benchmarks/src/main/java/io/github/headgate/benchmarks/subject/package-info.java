/** The limiters under test, behind one face, and the Redis they share. */
@NullMarked
package io.github.headgate.benchmarks.subject;

import org.jspecify.annotations.NullMarked;
