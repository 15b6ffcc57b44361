package io.github.headgate.local;

import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

/** Tells BlockHound, where an application uses it, that a {@link BriefLock} may yield: its holder never waits. */
public final class BriefLockIntegration implements BlockHoundIntegration {

    @Override
    public void applyTo(BlockHound.Builder builder) {
        builder.allowBlockingCallsInside(BriefLock.class.getName(), "lookAgain");
    }
}
