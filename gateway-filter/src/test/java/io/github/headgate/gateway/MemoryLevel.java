package io.github.headgate.gateway;

import io.netty.util.internal.PlatformDependent;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;

/**
 * What this process holds, in megabytes.
 *
 * @param heap what is left of the heap after it was collected
 * @param direct buffers outside of the heap, the JDK's and Netty's own
 */
record MemoryLevel(long heap, long direct) {

    private static final long MEGABYTE = 1 << 20;

    static MemoryLevel now() {
        // Twice: what the first finds to be finalised or dereferenced goes with the second.
        System.gc();
        System.gc();
        long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        return new MemoryLevel(heap / MEGABYTE, directBytes() / MEGABYTE);
    }

    static long directBytes() {
        long jdk = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
        return jdk + Math.max(0, PlatformDependent.usedDirectMemory());
    }

    @Override
    public String toString() {
        return "heap " + heap + " MB, direct " + direct + " MB";
    }
}
