package io.github.headgate.sample.upstream;

/** An upstream, or the key to it, that is given in a way that cannot work. */
final class InvalidUpstreamException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String action;

    /**
     * @param message the variable or route, its value unless that is secret, and what is wrong
     * @param action what is allowed
     */
    InvalidUpstreamException(String message, String action) {
        super(message);
        this.action = action;
    }

    String action() {
        return action;
    }
}
