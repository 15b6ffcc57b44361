/** How a decision is said in HTTP: the headers and bodies that each family of SDKs understands. */
@NullMarked
package io.github.headgate.http;

import org.jspecify.annotations.NullMarked;
