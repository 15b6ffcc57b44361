package io.github.headgate.configuration;

/**
 * One wrong value in the configuration, as the user is told of it.
 *
 * @param path the property's full path, or whatever else names the place
 * @param value what stands there
 * @param reason the rule that it breaks
 * @param allowed what may stand there
 */
record Problem(String path, String value, String reason, String allowed) {}
