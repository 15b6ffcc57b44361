package io.github.headgate.redis;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.models.partitions.Partitions;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The servers that decide: one, or the masters of a cluster, each of which is spoken to by a key that lives there. */
final class Masters {

    /** Enough for each of a few hundred masters to hold one. */
    private static final int ROLLS = 2_048;

    private static final String ALONE = "";

    private final @Nullable RedisClusterClient cluster;
    private final int[] slots;
    /** No two servers' clocks are the same. */
    private final Map<String, RedisClock> clocks = new ConcurrentHashMap<>();

    /** Null when nobody looks. */
    private final AtomicReference<@Nullable CompletableFuture<Void>> looking = new AtomicReference<>();

    /** @param redisKey makes the name in Redis of a key */
    Masters(AbstractRedisClient client, Function<String, byte[]> redisKey) {
        cluster = client instanceof RedisClusterClient several ? several : null;
        slots = new int[cluster == null ? 0 : ROLLS];
        for (int i = 0; i < slots.length; i++) {
            slots[i] = SlotHash.getSlot(redisKey.apply(roll(i)));
        }
    }

    boolean areMany() {
        return cluster != null;
    }

    /** The keys of rolls, one on each master, as far as is known which master holds what. */
    List<String> rolls() {
        if (cluster == null) {
            return List.of(roll(0));
        }
        Partitions partitions = cluster.getPartitions();
        Map<String, String> byMaster = new LinkedHashMap<>();
        for (int i = 0; i < slots.length; i++) {
            byMaster.putIfAbsent(idOf(partitions.getMasterBySlot(slots[i])), roll(i));
        }
        return List.copyOf(byMaster.values());
    }

    /** No provider's name begins with a dot. */
    private static String roll(int number) {
        return number == 0 ? ".gateways" : ".gateways-" + number;
    }

    /** Whether one master holds both. */
    boolean holdsBoth(byte[] redisKey, byte[] other) {
        return idOf(redisKey).equals(idOf(other));
    }

    /** What time it is where a key lives. */
    RedisClock clockAt(byte[] redisKey) {
        return clocks.computeIfAbsent(idOf(redisKey), master -> new RedisClock());
    }

    /** Names the master that holds a key, as far as is known; for a single server always the same. */
    String idOf(byte[] redisKey) {
        return cluster == null ? ALONE : idOf(cluster.getPartitions().getMasterBySlot(SlotHash.getSlot(redisKey)));
    }

    private static String idOf(@Nullable RedisClusterNode master) {
        return master == null ? ALONE : master.getNodeId();
    }

    /**
     * Asks the cluster anew which master holds what, because one does not answer: the client by itself hears of a
     * replica that was promoted only when something else than silence tells it.
     *
     * @return completes in any case
     */
    CompletableFuture<Void> lookAgain() {
        if (cluster == null) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> look = new CompletableFuture<>();
        CompletableFuture<Void> underWay = looking.compareAndExchange(null, look);
        if (underWay != null) {
            return underWay;
        }
        cluster.refreshPartitionsAsync().whenComplete((done, failure) -> {
            looking.set(null);
            look.complete(null);
        });
        return look;
    }
}
