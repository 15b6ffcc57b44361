/** Which rule applies to a key: the book of all rules, most specific first, and the built-in providers. */
@NullMarked
package io.github.headgate.rules;

import org.jspecify.annotations.NullMarked;
