package io.github.headgate;

/** What one granted request spent, so that it can be given back. Opaque to callers; made and understood by a store. */
public interface Charge {

    Key key();

    int permits();
}
