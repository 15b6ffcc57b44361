package io.github.headgate.redis;

import java.util.List;

/** What a call of the limiter script is given, as the script's head describes it. */
record ScriptInput(List<byte[]> keys, List<byte[]> arguments) {}
