/** What was found, in Markdown and as a picture. */
@NullMarked
package io.github.headgate.benchmarks.report;

import org.jspecify.annotations.NullMarked;
