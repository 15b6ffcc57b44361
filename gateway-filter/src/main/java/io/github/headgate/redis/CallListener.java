package io.github.headgate.redis;

/** Hears how calls that decide go, for a circuit breaker. */
public interface CallListener {

    void answered(long nanos);

    void failed(long nanos, Throwable cause);
}
