/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntPredicate;

/**
 * The storage of one host, in memory: what programs see (the page cache), what is durable, and in between a list of
 * operations that no force has covered. What lies below {@link #MEMORY} is shared memory: it outlives programs and not
 * the host. One thread.
 */
final class Volume
{
    static final String MEMORY = "/shm";

    private final TreeMap<String, Node> names = new TreeMap<>();
    private final TreeMap<String, Node> durableNames = new TreeMap<>();
    private final List<Operation> pending = new ArrayList<>();
    private final Map<Node, Object> locked = new IdentityHashMap<>();
    private Faults faults = Faults.NONE;
    private long used;
    private long changes;
    long capacity = Long.MAX_VALUE;
    boolean isLockIgnored;
    boolean isForceIgnored;

    /** The program was killed; whatever it still tries, it is not there any more. */
    static final class Crash extends Error
    {
        private static final long serialVersionUID = 1L;

        Crash()
        {
            super("killed", null, false, false);
        }
    }

    /** What a program does. */
    enum Step
    {
        OPEN, READ, WRITE, TORN, TRUNCATE, FORCE, RENAME, DELETE, MAKE, LIST, FORCE_DIRECTORY, LOCK, COMMIT, MAP
    }

    /** A file, a directory, or a link. */
    static final class Node
    {
        final boolean isDirectory;
        final boolean isMemory;
        final String link;
        byte[] bytes = new byte[0];
        int length;
        byte[] durable = new byte[0];
        ByteBuffer mapped;
        int mode;
        long changed;

        Node(final boolean isDirectory, final boolean isMemory, final String link, final int mode)
        {
            this.isDirectory = isDirectory;
            this.isMemory = isMemory;
            this.link = link;
            this.mode = mode;
        }

        byte[] contents()
        {
            return Arrays.copyOf(bytes, length);
        }
    }

    /** Something that is not durable yet: bytes of a node, its length where there are none, or a change of names. */
    record Operation(Node node, long position, byte[] bytes, String from, String to)
    {
        boolean isNaming()
        {
            return null != from || null != to;
        }
    }

    Volume()
    {
        names.put("/", new Node(true, false, null, 0755));
        names.put(MEMORY, new Node(true, true, null, 0755));
        durableNames.putAll(names);
    }

    void faults(final Faults now)
    {
        faults = now;
    }

    void reached(final Step step, final String name) throws IOException
    {
        faults.reached(step, name);
    }

    /** What a program is told of a name. */
    Node look(final String name) throws IOException
    {
        faults.looked(name);
        return get(name);
    }

    /** Null when it is not there. */
    Node find(final String name)
    {
        return names.get(name);
    }

    Node get(final String name) throws NoSuchFileException
    {
        final Node node = names.get(name);
        if (null == node)
        {
            throw new NoSuchFileException(name);
        }
        return node;
    }

    static boolean isMemory(final String name)
    {
        return name.startsWith(MEMORY);
    }

    static String parentOf(final String name)
    {
        final int at = name.lastIndexOf('/');
        return 0 == at ? "/" : name.substring(0, at);
    }

    List<String> list(final String directory) throws IOException
    {
        reached(Step.LIST, directory);
        get(directory);
        final List<String> found = new ArrayList<>();
        final String prefix = "/".equals(directory) ? "/" : directory + '/';
        for (final String name : names.tailMap(prefix, false).keySet())
        {
            if (!name.startsWith(prefix))
            {
                break;
            }
            if (name.indexOf('/', prefix.length()) < 0)
            {
                found.add(name);
            }
        }
        return found;
    }

    Node make(final String name, final Node node) throws IOException
    {
        final Node parent = get(parentOf(name));
        if (names.containsKey(name))
        {
            throw new FileAlreadyExistsException(name);
        }
        names.put(name, node);
        parent.changed = ++changes;
        remember(new Operation(node, 0, null, null, name));
        return node;
    }

    void rename(final String from, final String to) throws IOException
    {
        reached(Step.RENAME, to);
        final Node node = get(from);
        final Node replaced = names.get(to);
        if (null != replaced && replaced != node)
        {
            used -= replaced.isMemory ? 0 : replaced.length;
        }
        moveNames(names, from, to, node);
        names.get(parentOf(from)).changed = ++changes;
        names.get(parentOf(to)).changed = ++changes;
        remember(new Operation(node, 0, null, from, to));
    }

    private static void moveNames(
        final TreeMap<String, Node> map, final String from, final String to, final Node node)
    {
        if (node.isDirectory)
        {
            final Map<String, Node> below = new TreeMap<>(map.subMap(from + '/', from + '0'));
            below.forEach((name, child) ->
            {
                map.remove(name);
                map.put(to + name.substring(from.length()), child);
            });
        }
        map.remove(from);
        map.put(to, node);
    }

    void delete(final String name) throws IOException
    {
        reached(Step.DELETE, name);
        final Node node = get(name);
        names.remove(name);
        used -= node.isMemory ? 0 : node.length;
        names.get(parentOf(name)).changed = ++changes;
        remember(new Operation(node, 0, null, name, null));
    }

    private void remember(final Operation operation)
    {
        if (!operation.node().isMemory)
        {
            pending.add(operation);
        }
    }

    int read(final Node node, final long position, final ByteBuffer into)
    {
        if (position >= node.length)
        {
            return -1;
        }
        final int count = (int)Math.min(into.remaining(), node.length - position);
        into.put(node.bytes, (int)position, count);
        return count;
    }

    int write(final Node node, final String name, final long position, final ByteBuffer from) throws IOException
    {
        reached(Step.WRITE, name);
        final int wanted = from.remaining();
        int count = Math.min(wanted, faults.lengthWritten(node, wanted));
        if (!node.isMemory)
        {
            final long growth = Math.max(0, position + count - node.length);
            count = (int)Math.max(0, count - Math.max(0, growth - Math.max(0, capacity - used)));
        }
        final byte[] bytes = new byte[count];
        from.get(bytes);
        if (count > 0)
        {
            change(new Operation(node, faults.positionOf(node, position, count), bytes, null, null));
        }
        if (count < wanted)
        {
            reached(Step.TORN, name);
            if (0 == count)
            {
                faults.onFull();
                throw new IOException("No space left on device");
            }
        }
        return count;
    }

    void truncate(final Node node, final long length)
    {
        if (length < node.length)
        {
            change(new Operation(node, length, null, null, null));
        }
    }

    private void change(final Operation operation)
    {
        final Node node = operation.node();
        final int before = node.length;
        apply(node, operation);
        used += node.isMemory ? 0 : node.length - before;
        remember(operation);
    }

    private static void apply(final Node node, final Operation operation)
    {
        if (null == operation.bytes())
        {
            Arrays.fill(node.bytes, (int)operation.position(), node.length, (byte)0);
            node.length = (int)operation.position();
            return;
        }
        final int end = (int)operation.position() + operation.bytes().length;
        if (end > node.bytes.length)
        {
            node.bytes = Arrays.copyOf(node.bytes, Math.max(end, 2 * node.bytes.length));
        }
        System.arraycopy(operation.bytes(), 0, node.bytes, (int)operation.position(), operation.bytes().length);
        node.length = Math.max(node.length, end);
    }

    /** What was written to the node is durable, or the page cache has forgotten that it is not. */
    void force(final Node node, final String name) throws IOException
    {
        reached(Step.FORCE, name);
        if (isForceIgnored)
        {
            return;
        }
        final boolean isForced = node.isMemory || faults.isForced(node);
        for (int i = 0; i < pending.size();)
        {
            final Operation operation = pending.get(i);
            if (operation.node() == node && !operation.isNaming())
            {
                pending.remove(i);
                if (isForced || faults.isLucky())
                {
                    settle(operation);
                }
            }
            else
            {
                i++;
            }
        }
        if (!isForced)
        {
            throw new IOException("Input/output error");
        }
    }

    void forceDirectory(final String directory) throws IOException
    {
        reached(Step.FORCE_DIRECTORY, directory);
        final Node node = get(directory);
        if (!node.isMemory && !faults.isForced(node))
        {
            throw new IOException("Input/output error");
        }
        for (int i = 0; i < pending.size();)
        {
            final Operation operation = pending.get(i);
            if (isNameIn(operation, directory))
            {
                settle(pending.remove(i));
            }
            else
            {
                i++;
            }
        }
    }

    private static boolean isNameIn(final Operation operation, final String directory)
    {
        return (null != operation.from() && parentOf(operation.from()).equals(directory)) ||
            (null != operation.to() && parentOf(operation.to()).equals(directory));
    }

    private static void name(final TreeMap<String, Node> map, final Operation operation)
    {
        if (null == operation.to())
        {
            map.remove(operation.from());
        }
        else if (null == operation.from())
        {
            map.put(operation.to(), operation.node());
        }
        else
        {
            moveNames(map, operation.from(), operation.to(), operation.node());
        }
    }

    boolean lock(final Node node, final Object owner)
    {
        return null == locked.putIfAbsent(node, owner) || isLockIgnored;
    }

    void unlock(final Node node, final Object owner)
    {
        locked.remove(node, owner);
    }

    boolean isLocked(final Node node)
    {
        return locked.containsKey(node);
    }

    /** The kernel has found time for what is older than the newest so many operations. */
    void writeBack(final int newest)
    {
        while (pending.size() > newest)
        {
            settle(pending.remove(0));
        }
    }

    private void settle(final Operation operation)
    {
        if (operation.isNaming())
        {
            name(durableNames, operation);
        }
        else
        {
            operation.node().durable =
                Survivors.applied(operation.node().durable, operation.position(), operation.bytes());
        }
    }

    /** All programs are dead: their locks are gone. */
    void kill()
    {
        locked.clear();
    }

    boolean isNaming(final int index)
    {
        return pending.get(index).isNaming();
    }

    long used()
    {
        return used;
    }

    int pendingCount()
    {
        return pending.size();
    }

    /** Which sectors of a pending operation survive. */
    interface Survival
    {
        boolean isKept(int operation, int sector);
    }

    /** Only whole operations survive, or do not. */
    Volume afterPowerLoss(final IntPredicate isKept)
    {
        return afterPowerLoss((operation, sector) -> isKept.test(operation));
    }

    /** What is found after the power is back. This volume is not changed. */
    Volume afterPowerLoss(final Survival survival)
    {
        final Map<Node, byte[]> contents = new IdentityHashMap<>();
        final TreeMap<String, Node> found = new TreeMap<>(durableNames);
        for (int i = 0; i < pending.size(); i++)
        {
            final Operation operation = pending.get(i);
            if (operation.isNaming())
            {
                if (survival.isKept(i, 0))
                {
                    name(found, operation);
                }
                continue;
            }
            final byte[] before = contents.getOrDefault(operation.node(), operation.node().durable);
            contents.put(operation.node(), Survivors.of(before, operation, i, survival));
        }
        final Volume volume = new Volume();
        volume.capacity = capacity;
        volume.isLockIgnored = isLockIgnored;
        volume.isForceIgnored = isForceIgnored;
        final Map<Node, Node> copies = new IdentityHashMap<>();
        found.forEach((name, node) ->
        {
            if (!isMemory(name) && !"/".equals(name) && isReachable(found, name))
            {
                volume.put(name, copies.computeIfAbsent(node, old -> copyOf(old, contents.get(old))));
            }
        });
        return volume;
    }

    private static boolean isReachable(final Map<String, Node> found, final String name)
    {
        String parent = parentOf(name);
        while (!"/".equals(parent))
        {
            if (!found.containsKey(parent))
            {
                return false;
            }
            parent = parentOf(parent);
        }
        return true;
    }

    private static Node copyOf(final Node old, final byte[] contents)
    {
        final Node node = new Node(old.isDirectory, old.isMemory, old.link, old.mode);
        node.durable = (null == contents ? old.durable : contents).clone();
        node.bytes = node.durable.clone();
        node.length = node.bytes.length;
        return node;
    }

    private void put(final String name, final Node node)
    {
        names.put(name, node);
        durableNames.put(name, node);
        used += node.isMemory ? 0 : node.length;
    }

    void putDirectory(final String name)
    {
        put(name, new Node(true, isMemory(name), null, 0700));
    }

    /** Something that is mapped, in shared memory. */
    void putMapped(final String name, final ByteBuffer buffer)
    {
        final Node node = new Node(false, true, null, 0600);
        node.mapped = buffer;
        names.put(name, node);
        names.get(parentOf(name)).changed = ++changes;
    }

    /** What another program has written in shared memory, whole. */
    void putMemory(final String name, final byte[] bytes)
    {
        final Node node = new Node(false, true, null, 0600);
        node.bytes = bytes.clone();
        node.length = bytes.length;
        names.put(name, node);
        names.get(parentOf(name)).changed = ++changes;
    }

    void putLink(final String name, final String target)
    {
        names.put(name, new Node(false, true, target, 0777));
    }

    /** Another program removes what begins so. */
    void dropAll(final String prefix)
    {
        names.keySet().removeIf(name -> name.startsWith(prefix));
        names.get(parentOf(prefix)).changed = ++changes;
    }

    /** Names of durable files below a directory, in order. */
    List<String> files(final String directory)
    {
        final List<String> files = new ArrayList<>();
        names.subMap(directory + '/', directory + '0').forEach((name, node) ->
        {
            if (!node.isDirectory)
            {
                files.add(name);
            }
        });
        return files;
    }

    /** A bit has changed by itself, on the disk and as it is read. */
    void flip(final Node node, final int bit)
    {
        final int at = bit >> 3;
        if (at < node.length)
        {
            node.bytes[at] ^= 1 << (bit & 7);
        }
        if (at < node.durable.length)
        {
            node.durable[at] ^= 1 << (bit & 7);
        }
    }

    /** The page cache lets go of what it believes to be on the disk. */
    void evict()
    {
        final Set<Node> dirty = new HashSet<>();
        pending.forEach(operation -> dirty.add(operation.node()));
        final Map<String, Node> files = new HashMap<>(names);
        files.values().forEach(node ->
        {
            if (!node.isMemory && !node.isDirectory && !dirty.contains(node))
            {
                used += node.durable.length - node.length;
                node.bytes = node.durable.clone();
                node.length = node.bytes.length;
            }
        });
    }
}
