/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;

/**
 * A disk in memory that knows what is durable: what a force did not cover may be lost, in any subset. It can be full,
 * refuse to force (what was written is then lost, although reads show it), and stop a program at any operation.
 */
final class SimulatedDisk implements Disk
{
    private final Map<String, Node> names = new TreeMap<>();
    private final Map<String, Node> durableNames = new TreeMap<>();
    private final List<Operation> unsynced = new ArrayList<>();
    long capacity = Long.MAX_VALUE;
    int forcesToFail;
    int truncatesToFail;
    String refusal = "Input/output error";
    int openFiles;
    long bytesRead;
    long bytesWritten;
    int operationsUntilCrash = Integer.MAX_VALUE;
    int tornBytes = Integer.MAX_VALUE;
    int operations;

    /** The program was killed. */
    static final class Crash extends RuntimeException
    {
        private static final long serialVersionUID = 1L;
    }

    private static final class Node
    {
        private byte[] cached = new byte[0];
        private byte[] durable = new byte[0];
    }

    private record Operation(Node node, long position, byte[] bytes, Runnable naming)
    {
    }

    /** The bytes of a file as a program reads them. */
    byte[] bytes(final String name)
    {
        return names.get(name).cached.clone();
    }

    void put(final String name, final byte[] bytes)
    {
        final Node node = new Node();
        node.cached = bytes.clone();
        node.durable = bytes.clone();
        names.put(name, node);
        durableNames.put(name, node);
    }

    void remove(final String name)
    {
        names.remove(name);
        durableNames.remove(name);
    }

    SimulatedDisk copy()
    {
        final SimulatedDisk copy = new SimulatedDisk();
        names.forEach((name, node) -> copy.put(name, node.cached));
        return copy;
    }

    int unsyncedCount()
    {
        return unsynced.size();
    }

    /** What the next program finds after a loss of power that only those of the unsynced operations survived. */
    SimulatedDisk afterPowerLoss(final IntPredicate isKept)
    {
        final Map<Node, byte[]> contents = new HashMap<>();
        final Map<String, Node> found = new TreeMap<>(durableNames);
        for (int i = 0; i < unsynced.size(); i++)
        {
            final Operation operation = unsynced.get(i);
            if (!isKept.test(i))
            {
                continue;
            }
            if (null != operation.naming())
            {
                final Map<String, Node> before = new TreeMap<>(names);
                names.clear();
                names.putAll(found);
                operation.naming().run();
                found.clear();
                found.putAll(names);
                names.clear();
                names.putAll(before);
            }
            else
            {
                contents.put(operation.node(), applied(
                    contents.getOrDefault(operation.node(), operation.node().durable), operation));
            }
        }
        final SimulatedDisk disk = new SimulatedDisk();
        found.forEach((name, node) -> disk.put(name, contents.getOrDefault(node, node.durable)));
        return disk;
    }

    @Override
    public List<String> list()
    {
        return List.copyOf(names.keySet());
    }

    @Override
    public DiskFile open(final String name, final boolean isCreated) throws IOException
    {
        Node node = names.get(name);
        if (null == node)
        {
            if (!isCreated)
            {
                throw new NoSuchFileException(name);
            }
            step();
            final Node made = new Node();
            name(() -> names.put(name, made));
            node = made;
        }
        return new SimulatedFile(node);
    }

    @Override
    public void rename(final String from, final String to) throws IOException
    {
        step();
        name(() ->
        {
            final Node node = names.remove(from);
            if (null != node)
            {
                names.put(to, node);
            }
        });
    }

    @Override
    public void delete(final String name) throws IOException
    {
        step();
        name(() -> names.remove(name));
    }

    @Override
    public void forceDirectory() throws IOException
    {
        step();
        failForce(null);
        unsynced.removeIf(operation -> null != operation.naming());
        durableNames.clear();
        durableNames.putAll(names);
    }

    private void name(final Runnable naming)
    {
        naming.run();
        unsynced.add(new Operation(null, 0, null, naming));
    }

    private void step()
    {
        operations++;
        if (operations > operationsUntilCrash)
        {
            throw new Crash();
        }
    }

    private void failForce(final Node node) throws IOException
    {
        if (forcesToFail > 0)
        {
            forcesToFail--;
            unsynced.removeIf(operation -> null != node && operation.node() == node);
            throw new IOException(refusal);
        }
    }

    private long used()
    {
        return names.values().stream().mapToLong(node -> node.cached.length).sum();
    }

    private static byte[] applied(final byte[] before, final Operation operation)
    {
        if (null == operation.bytes())
        {
            return Arrays.copyOf(before, (int)operation.position());
        }
        final int end = (int)operation.position() + operation.bytes().length;
        final byte[] after = Arrays.copyOf(before, Math.max(before.length, end));
        System.arraycopy(operation.bytes(), 0, after, (int)operation.position(), operation.bytes().length);
        return after;
    }

    private final class SimulatedFile implements DiskFile
    {
        private final Node node;
        private boolean isClosed;

        SimulatedFile(final Node node)
        {
            this.node = node;
            openFiles++;
        }

        @Override
        public long length()
        {
            return node.cached.length;
        }

        @Override
        public void read(final long position, final ByteBuffer into) throws IOException
        {
            if (position + into.remaining() > node.cached.length)
            {
                throw new EOFException("the file ends at " + node.cached.length);
            }
            bytesRead += into.remaining();
            into.put(node.cached, (int)position, into.remaining());
        }

        @Override
        public void write(final long position, final ByteBuffer bytes) throws IOException
        {
            operations++;
            final byte[] whole = new byte[bytes.remaining()];
            bytesWritten += whole.length;
            bytes.get(whole);
            if (operations > operationsUntilCrash)
            {
                put(position, Arrays.copyOf(whole, Math.min(whole.length, tornBytes)));
                throw new Crash();
            }
            final long growth = Math.max(0, position + whole.length - node.cached.length);
            final long room = capacity - used();
            if (growth > room)
            {
                put(position, Arrays.copyOf(whole, (int)Math.max(0, whole.length - (growth - room))));
                throw new IOException("No space left on device");
            }
            put(position, whole);
        }

        private void put(final long position, final byte[] bytes)
        {
            if (bytes.length > 0)
            {
                change(new Operation(node, position, bytes, null));
            }
        }

        @Override
        public void truncate(final long length) throws IOException
        {
            step();
            if (truncatesToFail > 0)
            {
                truncatesToFail--;
                throw new IOException("no truncation");
            }
            if (length < node.cached.length)
            {
                change(new Operation(node, length, null, null));
            }
        }

        private void change(final Operation operation)
        {
            node.cached = applied(node.cached, operation);
            unsynced.add(operation);
        }

        @Override
        public void force() throws IOException
        {
            step();
            failForce(node);
            final Iterator<Operation> operations = unsynced.iterator();
            while (operations.hasNext())
            {
                final Operation operation = operations.next();
                if (operation.node() == node)
                {
                    node.durable = applied(node.durable, operation);
                    operations.remove();
                }
            }
        }

        @Override
        public void close()
        {
            // Nothing is durable by that.
            openFiles -= isClosed ? 0 : 1;
            isClosed = true;
        }
    }
}
