/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.flopmeter.ledger.Checkpoint;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.ledger.Tiles;
import org.flopmeter.node.booking.WitnessContacts;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.DurableFiles;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.sign.Note;

/** A directory in which a ledger is published as tiles. */
record TilesDirectory(Path directory) implements Tiles.Target
{
    /** Publishes what the newest checkpoint of the ledger covers, with the cosignatures that are kept of it. */
    Tiles.Published publish(final Path ledger) throws IOException
    {
        DurableFiles.makeDirectory(directory);
        final Note before = published();
        try
        {
            return LedgerHome.read(ledger,
                disk -> Tiles.publish(disk, before, new WitnessContacts(ledger)::cosigned, this));
        }
        catch (final LedgerException ex)
        {
            throw new UsageException(directory + ": " + ex.getMessage());
        }
    }

    private Note published()
    {
        final Path file = directory.resolve(Tiles.CHECKPOINT);
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS))
        {
            return null;
        }
        try
        {
            final Note note = Checkpoint.note(DocumentFiles.bytes(file));
            Checkpoint.parse(note.text());
            return note;
        }
        catch (final LedgerException ex)
        {
            throw new UsageException(file + ": " + ex.getMessage());
        }
    }

    @Override
    public boolean has(final String path, final long length) throws IOException
    {
        final Path file = directory.resolve(path);
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) == length;
    }

    @Override
    public void put(final String path, final byte[] bytes) throws IOException
    {
        final Path file = directory.resolve(path);
        Files.createDirectories(file.getParent());
        DurableFiles.replace(file, bytes);
    }
}
