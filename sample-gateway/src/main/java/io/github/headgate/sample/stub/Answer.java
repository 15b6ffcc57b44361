package io.github.headgate.sample.stub;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** What the stub provider sends back. */
sealed interface Answer {

    /** A whole JSON body. */
    record Json(int status, ObjectNode body) implements Answer {}

    /**
     * A stream of server-sent events.
     *
     * @param events each one complete, with the empty line that ends it
     */
    record Events(List<String> events) implements Answer {}
}
