/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;

/**
 * A program that appends to a ledger and is killed at its n-th operation, a write after so many bytes:
 * {@code KilledLedger DIR OPERATION BYTES}. It prints what it was told to be durable. Operation -1 is none.
 */
public final class KilledLedger
{
    static final int INTERVALS = 5;
    private static final int KILLED = 137;

    private final Path directory;
    private int operationsLeft;
    private final int bytes;

    private KilledLedger(final Path directory, final int operation, final int bytes)
    {
        this.directory = directory;
        operationsLeft = operation;
        this.bytes = bytes;
    }

    /** See above. */
    public static void main(final String[] args) throws IOException
    {
        final KilledLedger program =
            new KilledLedger(Path.of(args[0]), Integer.parseInt(args[1]), Integer.parseInt(args[2]));
        program.run();
        System.out.println("operations " + -(1 + program.operationsLeft));
    }

    static FlopCount sumAt(final int interval)
    {
        return FlopCount.of(interval, interval * 1_000_003L);
    }

    private void run() throws IOException
    {
        final LedgerWriter writer = LedgerWriter.open(
            new KillingDisk(new FileDisk(directory, false)), LedgerClock.SYSTEM,
            KeyFiles.read(directory.resolve(LedgerHome.KEY)), "killed", 700);
        final EpochWriter epoch = writer.openEpoch(Session.METER, Session.EPOCH, new Id(5, 5), Id.NONE, "", "");
        final EpochWriter.KeyWriter key = epoch.key(Session.keyOf(0), null);
        for (int i = 1; i <= INTERVALS; i++)
        {
            key.use(sumAt(i), i, i, i + 1L);
            epoch.bound(FlopInterval.of(sumAt(i), sumAt(i), sumAt(i)), 0, i + 1L);
            if (writer.seal())
            {
                System.out.println("durable " + i);
            }
            if (3 == i)
            {
                writer.checkpoint();
            }
        }
        writer.close();
    }

    /** The kernel goes on, this program does not: no buffer is flushed, no hook runs. */
    private void step()
    {
        if (0 == operationsLeft--)
        {
            Runtime.getRuntime().halt(KILLED);
        }
    }

    private final class KillingDisk implements Disk
    {
        private final Disk disk;

        KillingDisk(final Disk disk)
        {
            this.disk = disk;
        }

        @Override
        public List<String> list() throws IOException
        {
            return disk.list();
        }

        @Override
        public DiskFile open(final String name, final boolean isCreated) throws IOException
        {
            if (isCreated)
            {
                step();
            }
            return new KillingFile(disk.open(name, isCreated));
        }

        @Override
        public void rename(final String from, final String to) throws IOException
        {
            step();
            disk.rename(from, to);
        }

        @Override
        public void delete(final String name) throws IOException
        {
            step();
            disk.delete(name);
        }

        @Override
        public void forceDirectory() throws IOException
        {
            step();
            disk.forceDirectory();
        }
    }

    private final class KillingFile implements Disk.DiskFile
    {
        private final Disk.DiskFile file;

        KillingFile(final Disk.DiskFile file)
        {
            this.file = file;
        }

        @Override
        public long length() throws IOException
        {
            return file.length();
        }

        @Override
        public void read(final long position, final ByteBuffer into) throws IOException
        {
            file.read(position, into);
        }

        @Override
        public void write(final long position, final ByteBuffer from) throws IOException
        {
            if (0 == operationsLeft)
            {
                file.write(position, from.slice().limit(Math.min(from.remaining(), bytes)));
            }
            step();
            file.write(position, from);
        }

        @Override
        public void truncate(final long length) throws IOException
        {
            step();
            file.truncate(length);
        }

        @Override
        public void force() throws IOException
        {
            step();
            file.force();
        }

        @Override
        public void close() throws IOException
        {
            file.close();
        }
    }
}
