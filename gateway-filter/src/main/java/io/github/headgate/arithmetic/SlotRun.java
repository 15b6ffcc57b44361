package io.github.headgate.arithmetic;

import org.jspecify.annotations.Nullable;

/**
 * A bounded deque of slots: how many permits each of some consecutive slots holds, oldest first.
 *
 * <p>The oldest slot always holds a permit, so that the time at which the next one comes back is read off the front.
 * Grows with the stretch of time it covers, never with the permits.
 */
final class SlotRun {

    private static final char[] NONE = {};

    private final int capacity;
    /** The counts, while all of them fit into 16 bits; they nearly always do, and then take half the room. */
    private char[] narrow = NONE;
    /** The counts, as soon as one of them does not; null until then. */
    private int @Nullable [] wide;

    private int head;
    private int length;
    private long first;
    private long sum;

    /** @param capacity the most slots it ever covers */
    SlotRun(int capacity) {
        this.capacity = capacity;
    }

    /** Another run that holds the same. */
    SlotRun copy() {
        SlotRun copy = new SlotRun(capacity);
        copy.narrow = narrow.clone();
        copy.wide = wide == null ? null : wide.clone();
        copy.head = head;
        copy.length = length;
        copy.first = first;
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

    /** The permits in slots before one. */
    long sumBefore(long slot) {
        long before = 0;
        for (int i = 0; i < length && first + i < slot; i++) {
            before += count(i);
        }
        return before;
    }

    /** The permits from a slot on up to one, which is not included. */
    long sumBetween(long from, long until) {
        return sumBefore(until) - sumBefore(from);
    }

    /** The oldest slot; meaningless when empty. */
    long first() {
        return first;
    }

    /** The permits of the slot that many places after the oldest one. */
    int count(int index) {
        int place = place(index);
        return wide == null ? narrow[place] : wide[place];
    }

    private void setCount(int index, int permits) {
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

    /** Drops all slots before one, and then those in front that hold nothing. */
    void dropBefore(long slot) {
        while (length > 0) {
            int permits = count(0);
            if (first >= slot && permits > 0) {
                return;
            }
            sum -= permits;
            head = place(1);
            first++;
            length--;
        }
    }

    /**
     * Adds permits to a slot. Slots that the run then no longer can cover are dropped; one that is older itself is
     * ignored.
     */
    void add(long slot, int permits) {
        if (length > 0) {
            dropBefore(slot - capacity + 1);
        }
        if (length == 0) {
            first = slot;
        } else if (slot < first) {
            if (first + length - slot > capacity) {
                return;
            }
            extendFront((int) (first - slot));
        }
        int index = (int) (slot - first);
        cover(index + 1);
        setCount(index, count(index) + permits);
        sum += permits;
    }

    private void extendFront(int slots) {
        grow(capacity, slots);
        first -= slots;
        length += slots;
    }

    /** Makes room for so many slots, those held shifted back by some empty ones. */
    private void grow(int room, int shift) {
        if (wide == null) {
            char[] larger = new char[room];
            for (int i = 0; i < length; i++) {
                larger[shift + i] = narrow[place(i)];
            }
            narrow = larger;
        } else {
            int[] larger = new int[room];
            for (int i = 0; i < length; i++) {
                larger[shift + i] = wide[place(i)];
            }
            wide = larger;
        }
        head = 0;
    }

    /** Makes the run reach that many slots, the new ones empty. */
    private void cover(int slots) {
        if (slots > room()) {
            grow(Math.min(capacity, Math.max(slots, Math.max(4, 2 * room()))), 0);
        }
        while (length < slots) {
            length++;
            setCount(length - 1, 0);
        }
    }

    /** Takes at most that many permits out of a slot. */
    void remove(long slot, int permits) {
        if (slot < first || slot >= first + length) {
            return;
        }
        int index = (int) (slot - first);
        int back = Math.min(permits, count(index));
        setCount(index, count(index) - back);
        sum -= back;
    }

    /** Drops the slots at the end that hold nothing. */
    void trimEnd() {
        while (length > 0 && count(length - 1) == 0) {
            length--;
        }
    }

    /** The newest slot that holds a permit; the oldest slot when none does. */
    long newestHeld() {
        int index = length - 1;
        while (index > 0 && count(index) == 0) {
            index--;
        }
        return first + index;
    }
}
