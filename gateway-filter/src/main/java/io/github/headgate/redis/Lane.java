package io.github.headgate.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Sends checks as they come, and together those that come while enough calls are under way: first come, first served. A
 * check that finds nothing under way is never held up.
 *
 * <p>Calls take an equal part of all checks that have no answer yet. Left to take what there is, nearly all of them
 * soon travel in one call, and Redis idles while its answer is read.
 */
final class Lane {

    /** The most checks in a call: Redis does nothing else meanwhile. */
    private static final int MOST_TOGETHER = 128;

    private final int mostUnderWay;
    private final Sender sender;
    private final ConcurrentLinkedQueue<Check> gathered = new ConcurrentLinkedQueue<>();
    private final AtomicInteger underWay = new AtomicInteger();
    /** Checks without an answer, gathered or on their way. */
    private final AtomicInteger unanswered = new AtomicInteger();

    /** @param mostUnderWay how many calls may be under way at once, at least 1 */
    Lane(int mostUnderWay, Sender sender) {
        this.mostUnderWay = mostUnderWay;
        this.sender = sender;
    }

    void add(Check check) {
        unanswered.incrementAndGet();
        gathered.add(check);
        send();
    }

    /** A call of so many checks has been answered, or has failed. */
    void arrived(int checks) {
        unanswered.addAndGet(-checks);
        underWay.decrementAndGet();
        send();
    }

    private void send() {
        while (!gathered.isEmpty()) {
            int calls = underWay.get();
            if (calls >= mostUnderWay) {
                return;
            }
            if (underWay.compareAndSet(calls, calls + 1)) {
                List<Check> together = take();
                if (together.isEmpty()) {
                    underWay.decrementAndGet();
                } else {
                    sender.send(this, together);
                }
            }
        }
    }

    private List<Check> take() {
        int equalPart = (unanswered.get() + mostUnderWay - 1) / mostUnderWay;
        int most = Math.min(MOST_TOGETHER, equalPart);
        List<Check> together = new ArrayList<>();
        while (together.size() < most) {
            Check check = gathered.poll();
            if (check == null) {
                break;
            }
            // Not asked yet, so nothing is charged and nothing has to be given back.
            if (check.sink().isCancelled()) {
                unanswered.decrementAndGet();
            } else {
                together.add(check);
            }
        }
        return together;
    }

    boolean isIdle() {
        return underWay.get() == 0 && gathered.isEmpty();
    }

    /** Makes a call of some checks, and tells the lane when it has {@linkplain Lane#arrived() arrived}. */
    interface Sender {
        void send(Lane lane, List<Check> checks);
    }
}
