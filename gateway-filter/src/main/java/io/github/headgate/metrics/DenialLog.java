package io.github.headgate.metrics;

import io.github.headgate.Decision;
import io.github.headgate.Decision.Denied;
import io.github.headgate.LimitRequest;
import io.github.headgate.Origin;
import io.github.headgate.UserId;
import io.github.headgate.limiter.DecisionListener;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One line at debug for each denial, also for those that shadow mode only notes, its parts also as key-value pairs for
 * structured logging. The limit is {@code none} when no store could check any.
 */
public final class DenialLog implements DecisionListener {

    private static final Logger LOG = LoggerFactory.getLogger(DenialLog.class);

    private final boolean userIds;

    /** @param userIds whether users' ids may be read in the log; false: their digests */
    public DenialLog(boolean userIds) {
        this.userIds = userIds;
    }

    @Override
    public void told(LimitRequest request, Decision decision, Origin origin) {
        write(request, decision, false);
    }

    @Override
    public void shadowed(LimitRequest request, Decision decision, Origin origin) {
        write(request, decision, true);
    }

    private void write(LimitRequest request, Decision decision, boolean shadow) {
        if (decision instanceof Denied denied && LOG.isDebugEnabled()) {
            String provider = request.key().provider();
            String user = user(request.key().user());
            String limit = denied.reason() == Decision.Reason.STORE_UNAVAILABLE
                    ? "none"
                    : denied.hit().label();
            Object retryAfter = denied.retryAfterMillis() == null ? "never" : denied.retryAfterMillis();
            LOG.atDebug()
                    .setMessage((shadow ? "Would be denied" : "Denied")
                            + ": provider={} user={} limit={} permits={} retry-after-ms={} reason={}")
                    .addArgument(provider)
                    .addArgument(user)
                    .addArgument(limit)
                    .addArgument(denied.permits())
                    .addArgument(retryAfter)
                    .addArgument(denied.reason())
                    .addKeyValue("headgate.provider", provider)
                    .addKeyValue("headgate.user", user)
                    .addKeyValue("headgate.limit", limit)
                    .addKeyValue("headgate.permits", denied.permits())
                    .addKeyValue("headgate.retry-after-ms", retryAfter)
                    .addKeyValue("headgate.reason", denied.reason())
                    .addKeyValue("headgate.shadow", shadow)
                    .log();
        }
    }

    private String user(@Nullable UserId user) {
        if (user == null) {
            return "-";
        }
        return userIds ? user.toString() : user.digested();
    }
}
