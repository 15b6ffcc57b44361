package io.github.headgate.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Sends checks as they come, and together those that come while a call is under way or about to be written: first come,
 * first served. A check that finds nothing under way is never held up.
 *
 * <p>Many checks are worth more calls at once, which take an equal part of all that have no answer yet. Left to take
 * what there is, nearly all of them soon travel in one call, and Redis idles while its answer is read. Few are not:
 * calls of two or three checks cost the gateway and Redis more than the wait for the one under way.
 */
final class Lane {

    /** The most checks in a call: Redis does nothing else meanwhile. */
    private static final int MOST_TOGETHER = 128;

    /** So many checks without an answer are worth more than one call. */
    private static final int MANY = 16;

    private final int mostUnderWay;
    private final Sender sender;
    private final ConcurrentLinkedQueue<Check> gathered = new ConcurrentLinkedQueue<>();
    private final AtomicInteger underWay = new AtomicInteger();
    /** Checks without an answer, gathered or on their way. */
    private final AtomicInteger unanswered = new AtomicInteger();

    /** @param mostUnderWay how many calls many checks are worth, at least 1 */
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
        for (Check oldest = gathered.peek(); oldest != null; oldest = gathered.peek()) {
            int calls = underWay.get();
            if (calls >= worthwhile()) {
                return;
            }
            if (underWay.compareAndSet(calls, calls + 1)) {
                sender.send(this, oldest);
            }
        }
    }

    /** How many calls may be under way at once. */
    private int worthwhile() {
        return unanswered.get() < MANY ? 1 : mostUnderWay;
    }

    /** What a call takes along when it is written: its part, or nothing if all have been cancelled since. */
    List<Check> take() {
        int calls = worthwhile();
        int equalPart = (unanswered.get() + calls - 1) / calls;
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

    /**
     * Makes calls, each of which {@linkplain Lane#take() takes} its checks as late as it can, and tells the lane when
     * it has {@linkplain Lane#arrived arrived}.
     */
    interface Sender {
        /**
         * Makes one call.
         *
         * @param oldest the check that is first in the lane now
         */
        void send(Lane lane, Check oldest);
    }
}
