package io.github.headgate.sample.stub;

import java.time.Instant;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/** The API of one family of providers, as far as the stub speaks it. */
interface Dialect {

    /** Answers a well-formed JSON body; what is wrong inside it is answered as an error of the provider. */
    Answer answer(ObjectNode request, Instant now);

    Answer models(Instant now);

    /** An error in the provider's own shape. */
    Answer error(int status, String message);

    /** What a provider says about its own limits; a gateway in front has to replace it. */
    Map<String, String> headers(Instant now);
}
