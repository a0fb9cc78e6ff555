/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Appends blocks to a tree in the order in which they are handed over, on a second thread while the caller decodes what
 * follows. A block is hashed from the very buffer that it was decoded from, and no buffer is filled again before all of
 * its blocks are hashed. The tree is the caller's again after {@link #finish()}.
 */
final class LeafHasher implements SegmentScan.Windows, AutoCloseable
{
    /** So many are read ahead of the hash at most. */
    static final int WINDOWS = 4;

    /** Below that a thread costs more than it saves. */
    static final long ALONE_LENGTH = 2L << 20;

    private final MerkleTree tree;
    private final MessageDigest digest = MerkleTree.sha256();
    private final boolean isShared;
    private Batch filling = new Batch();
    private int batches = 1;
    private long handedOver;
    private BlockingQueue<Batch> full;
    private BlockingQueue<Batch> free;
    private Thread thread;
    private volatile Throwable failure;

    /** A leaf by where it lies in the window, or by its hash. */
    private record Leaf(int at, int length, byte[] hash)
    {
    }

    /** A window of bytes, and what to append from it. */
    private static final class Batch
    {
        private final List<Leaf> leaves = new ArrayList<>();
        private ByteBuffer window = ByteBuffer.allocate(0);
        private boolean isEnd;
    }

    LeafHasher(final MerkleTree tree, final int processors)
    {
        this.tree = tree;
        this.isShared = processors > 1;
    }

    /** The bytes must stay as they are until the window is asked for again. */
    void block(final ByteBuffer window, final int at, final int length)
    {
        if (window != filling.window)
        {
            throw new IllegalStateException("a block that is not in the window that is being read");
        }
        filling.leaves.add(new Leaf(at, length, null));
        handedOver += length;
    }

    /** A leaf whose block can't be read. */
    void leaf(final byte[] hash)
    {
        filling.leaves.add(new Leaf(0, 0, hash));
    }

    /** What was handed over so far goes to the hash. Its window may still be read from, until the next call. */
    @Override
    public ByteBuffer next(final int length) throws IOException
    {
        submit();
        if (filling.window.capacity() < length)
        {
            filling.window = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        }
        return filling.window;
    }

    private void submit() throws IOException
    {
        if (filling.leaves.isEmpty())
        {
            return;
        }
        if (null == thread && (!isShared || handedOver < ALONE_LENGTH))
        {
            append(filling);
            return;
        }
        start();
        try
        {
            full.put(filling);
            filling = batches < WINDOWS ? new Batch() : free.take();
            batches = Math.min(batches + 1, WINDOWS);
        }
        catch (final InterruptedException ex)
        {
            throw interrupted();
        }
    }

    private void start()
    {
        if (null == thread)
        {
            // Never full: there are no more batches than places, but for the one that says it is the end.
            full = new ArrayBlockingQueue<>(WINDOWS + 1);
            free = new ArrayBlockingQueue<>(WINDOWS);
            thread = new Thread(this::run, "flopmeter-verify");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void run()
    {
        try
        {
            for (Batch batch = full.take(); !batch.isEnd; batch = full.take())
            {
                appendUnlessFailed(batch);
                free.put(batch);
            }
        }
        catch (final InterruptedException closed)
        {
            // The caller gave up; nobody asks for the tree.
            return;
        }
    }

    /** After a failure batches are still handed back: the caller is told at the end, and never waits for ever. */
    private void appendUnlessFailed(final Batch batch)
    {
        try
        {
            if (null == failure)
            {
                append(batch);
            }
        }
        catch (final RuntimeException | Error ex)
        {
            failure = ex;
        }
        finally
        {
            batch.leaves.clear();
        }
    }

    private void append(final Batch batch)
    {
        for (final Leaf leaf : batch.leaves)
        {
            tree.append(null != leaf.hash() ? leaf.hash() : MerkleTree.leafHash(
                digest, batch.window.array(), batch.window.arrayOffset() + leaf.at(), leaf.length()));
        }
        batch.leaves.clear();
    }

    /** Everything is in the tree when this returns. */
    void finish() throws IOException
    {
        if (null == thread)
        {
            append(filling);
            return;
        }
        final Batch end = new Batch();
        end.isEnd = true;
        try
        {
            full.put(filling);
            full.put(end);
            thread.join();
        }
        catch (final InterruptedException ex)
        {
            throw interrupted();
        }
        if (null != failure)
        {
            throw new IllegalStateException("the blocks could not be hashed", failure);
        }
    }

    /** Null where everything is hashed by the caller. */
    Thread thread()
    {
        return thread;
    }

    private static InterruptedIOException interrupted()
    {
        Thread.currentThread().interrupt();
        return new InterruptedIOException("interrupted while blocks were hashed");
    }

    /** The thread ends, also where the caller gave up halfway. */
    @Override
    public void close()
    {
        if (null != thread)
        {
            thread.interrupt();
        }
    }
}
