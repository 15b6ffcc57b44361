/** Where the sample's routes lead, and whose credential goes there. */
@NullMarked
package io.github.headgate.sample.upstream;

import org.jspecify.annotations.NullMarked;
