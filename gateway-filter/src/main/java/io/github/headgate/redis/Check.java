package io.github.headgate.redis;

import io.github.headgate.DecisionSink;
import io.github.headgate.LimitRequest;

/** A request on its way to Redis: what is asked, who wants to know, and since when. */
record Check(LimitRequest request, DecisionSink sink, long askedNanos) {}
