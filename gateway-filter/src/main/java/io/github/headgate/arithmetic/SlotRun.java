package io.github.headgate.arithmetic;

import io.github.headgate.LimitRequest;
import org.jspecify.annotations.Nullable;

/**
 * A bounded deque of slots: how many permits each of some consecutive slots holds, oldest first.
 *
 * <p>The oldest and the newest slot always hold a permit, so that the instants at which the first and the last one come
 * back are read off the ends. Grows with the stretch of time it covers, never with the permits.
 *
 * <p>Most permits are added to the slot that was added to last, so its count stands apart: adding then touches this
 * object alone, and no division finds the slot.
 */
final class SlotRun {

    private static final char[] NONE = {};

    private final int slotMillis;
    private final int capacity;
    /** The counts of all slots but the newest, while they fit into 16 bits; they nearly always do, in half the room. */
    private char[] narrow = NONE;
    /** The counts, as soon as one of them does not; null until then. */
    private int @Nullable [] wide;

    private int head;
    private int length;
    private int newest;
    private long start;
    private long sum;

    /**
     * @param slotMillis the length of a slot
     * @param capacity the most slots it ever covers
     */
    SlotRun(long slotMillis, int capacity) {
        this.slotMillis = (int) slotMillis;
        this.capacity = capacity;
    }

    /** Another run that holds the same, and has room for what may be reserved as well: it drops nothing for that. */
    SlotRun reachingFurther() {
        // One slot more for an instant at the very end of the last one, and one for where in its slot the wait begins.
        SlotRun copy = new SlotRun(slotMillis, capacity + (int) (LimitRequest.LONGEST_WAIT_MILLIS / slotMillis) + 2);
        copy.narrow = narrow.clone();
        copy.wide = wide == null ? null : wide.clone();
        copy.head = head;
        copy.length = length;
        copy.newest = newest;
        copy.start = start;
        copy.sum = sum;
        return copy;
    }

    int length() {
        return length;
    }

    boolean isEmpty() {
        return length == 0;
    }

    /** All permits in it. */
    long sum() {
        return sum;
    }

    /** The permits in slots that have ended by an instant. */
    long sumEndedBy(long instant) {
        long ended = 0;
        for (int i = 0; i < length && endOf(i) <= instant; i++) {
            ended += count(i);
        }
        return ended;
    }

    /** The instant at which the oldest slot begins; meaningless when empty. */
    long start() {
        return start;
    }

    /** The instant at which the slot that many places after the oldest one begins. */
    long startOf(int index) {
        return start + (long) index * slotMillis;
    }

    /** The instant at which that slot has ended. */
    long endOf(int index) {
        return startOf(index + 1);
    }

    /** The instant at which the newest slot has ended; meaningless when empty. */
    long end() {
        return startOf(length);
    }

    /** The permits of the slot that many places after the oldest one. */
    int count(int index) {
        return index == length - 1 ? newest : stored(index);
    }

    private int stored(int index) {
        int place = place(index);
        return wide == null ? narrow[place] : wide[place];
    }

    private void store(int index, int permits) {
        int place = place(index);
        if (wide == null && permits > Character.MAX_VALUE) {
            int[] widened = new int[narrow.length];
            for (int i = 0; i < narrow.length; i++) {
                widened[i] = narrow[i];
            }
            wide = widened;
            narrow = NONE;
        }
        if (wide == null) {
            narrow[place] = (char) permits;
        } else {
            wide[place] = permits;
        }
    }

    private int room() {
        return wide == null ? narrow.length : wide.length;
    }

    private int place(int index) {
        int place = head + index;
        return place < room() ? place : place - room();
    }

    /** Drops all slots that have ended by an instant, and then those in front that hold nothing. */
    void dropEndedBy(long instant) {
        if (length > 0 && start + slotMillis <= instant) {
            do {
                dropOldest();
            } while (length > 0 && (endOf(0) <= instant || count(0) == 0));
        }
    }

    private void dropOldest() {
        sum -= count(0);
        if (length > 1) {
            head = place(1);
        }
        start += slotMillis;
        length--;
    }

    /**
     * Adds permits to the slot of an instant. Slots that the run then no longer can cover are dropped; one that is
     * older itself is ignored.
     */
    void add(long instant, int permits) {
        long ahead = instant - end();
        if (length > 0 && ahead < 0 && ahead >= -slotMillis) {
            newest += permits;
            sum += permits;
        } else {
            addToSlot(Math.floorDiv(instant, (long) slotMillis) * slotMillis, permits);
        }
    }

    private void addToSlot(long slot, int permits) {
        dropEndedBy(slot - (capacity - 1L) * slotMillis);
        if (length == 0) {
            start = slot;
            length = 1;
            newest = 0;
        } else if (slot < start) {
            if (end() - slot > (long) capacity * slotMillis) {
                return;
            }
            extendFront((int) ((start - slot) / slotMillis));
        }
        int index = (int) ((slot - start) / slotMillis);
        extendTo(index + 1);
        if (index == length - 1) {
            newest += permits;
        } else {
            store(index, stored(index) + permits);
        }
        sum += permits;
    }

    private void extendFront(int slots) {
        grow(capacity, slots);
        start -= (long) slots * slotMillis;
        length += slots;
    }

    /** Makes room for so many slots, those held shifted back by some empty ones. */
    private void grow(int room, int shift) {
        if (wide == null) {
            char[] larger = new char[room];
            for (int i = 0; i < length - 1; i++) {
                larger[shift + i] = narrow[place(i)];
            }
            narrow = larger;
        } else {
            int[] larger = new int[room];
            for (int i = 0; i < length - 1; i++) {
                larger[shift + i] = wide[place(i)];
            }
            wide = larger;
        }
        head = 0;
    }

    /** Makes the run reach that many slots, the new ones empty. */
    private void extendTo(int slots) {
        if (slots <= length) {
            return;
        }
        if (slots - 1 > room()) {
            grow(Math.min(capacity, Math.max(slots - 1, Math.max(4, 2 * room()))), 0);
        }
        for (int last = newest; length < slots; last = 0) {
            length++;
            store(length - 2, last);
        }
        newest = 0;
    }

    /** Takes at most that many permits out of the slot of an instant. */
    void remove(long instant, int permits) {
        if (length == 0 || instant < start || instant >= end()) {
            return;
        }
        int index = (int) ((instant - start) / slotMillis);
        int back = Math.min(permits, count(index));
        if (index == length - 1) {
            newest -= back;
        } else {
            store(index, stored(index) - back);
        }
        sum -= back;
        trim();
    }

    /** Drops the slots at both ends that hold nothing. */
    private void trim() {
        while (length > 0 && newest == 0) {
            length--;
            newest = length == 0 ? 0 : stored(length - 1);
        }
        while (length > 0 && count(0) == 0) {
            dropOldest();
        }
    }
}
