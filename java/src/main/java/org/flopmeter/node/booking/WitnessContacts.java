/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.booking;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.flopmeter.ledger.Checkpoint;
import org.flopmeter.ledger.FileDisk;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.ledger.StoredTree;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.DurableFiles;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.sign.KeyFiles;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.SigningException;
import org.flopmeter.witness.WitnessClient;
import org.flopmeter.witness.WitnessOutcome;

/**
 * The ledger of a state directory and its witnesses: what they cosigned and what they said is kept beside the ledger's
 * checkpoint. Takes no lock: the ledger may be open for an appender meanwhile.
 */
public final class WitnessContacts
{
    /** In the state directory, not in the ledger: it outlives a ledger that is put aside. */
    public static final String CONFIGURED = "witnesses";

    private static final String COSIGNED = "witnessed-";
    private static final String ALARM = "alarm-";
    private static final String CHECKPOINT = "checkpoint";
    private static final int TRIES_MAX = 5;
    private static final long PATIENCE_MS = 5_000;
    /** At the end of a run, for all witnesses together. */
    private static final long RUN_PATIENCE_NS = TimeUnit.SECONDS.toNanos(2);

    private final Path ledger;

    /** Where a witness is, and its key. */
    public record Address(URI url, NoteKey key)
    {
        /** Of a line {@code URL KEY}. */
        public static Address of(final String url, final String vkey)
        {
            final NoteKey key = NoteKey.parse(vkey);
            if (NoteKey.Type.COSIGNATURE != key.type())
            {
                throw new SigningException("the key " + key + " is not a witness's");
            }
            try
            {
                final URI uri = URI.create(url);
                if (null != uri.getHost() && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme())))
                {
                    return new Address(uri, key);
                }
            }
            catch (final IllegalArgumentException ex)
            {
                throw new SigningException("not a URL: " + ex.getMessage());
            }
            throw new SigningException("expected http://HOST:PORT or https://..., found " + url);
        }

        public String line()
        {
            return url + " " + key.text() + '\n';
        }
    }

    /** @param ledger directory of the ledger. */
    public WitnessContacts(final Path ledger)
    {
        this.ledger = ledger;
    }

    /** The witnesses that a state directory names. */
    public static List<Address> configured(final Path state)
    {
        final Path file = state.resolve(CONFIGURED);
        final List<Address> addresses = new ArrayList<>();
        if (!Files.exists(file))
        {
            return addresses;
        }
        final String[] lines = new String(DocumentFiles.bytes(file), StandardCharsets.UTF_8).split("\n", -1);
        for (int i = 0; i < lines.length; i++)
        {
            final String line = lines[i].strip();
            if (line.isEmpty() || line.startsWith("#"))
            {
                continue;
            }
            final String[] words = line.split(" +");
            try
            {
                if (2 != words.length)
                {
                    throw new SigningException("expected URL KEY");
                }
                addresses.add(Address.of(words[0], words[1]));
            }
            catch (final SigningException ex)
            {
                throw new UsageException(file + ":" + (i + 1) + ": " + ex.getMessage());
            }
        }
        return addresses;
    }

    /**
     * Ask the witnesses of a state directory to cosign its newest checkpoint, for a short time.
     *
     * @param told whether it is an alarm, and the line.
     */
    public static void afterCheckpoint(final Path state, final BiConsumer<Boolean, String> told)
    {
        try
        {
            final List<Address> addresses = configured(state);
            final long deadlineNs = System.nanoTime() + RUN_PATIENCE_NS;
            for (final Address address : addresses)
            {
                final long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime());
                if (leftMs <= 0)
                {
                    told.accept(false, "no time left to ask the witness " + address.key().name());
                    continue;
                }
                askOne(state, address, leftMs, told);
            }
        }
        catch (final UsageException ex)
        {
            told.accept(false, ex.getMessage());
        }
    }

    private static void askOne(
        final Path state, final Address address, final long patienceMs, final BiConsumer<Boolean, String> told)
    {
        try
        {
            final WitnessOutcome outcome =
                new WitnessContacts(state.resolve(LedgerHome.DIRECTORY)).ask(address, patienceMs);
            if (WitnessOutcome.Kind.COSIGNED != outcome.kind())
            {
                told.accept(outcome.kind().isAlarm(), outcome.text());
            }
        }
        catch (final IOException | LedgerException | SigningException ex)
        {
            told.accept(false, "the witness " + address.key().name() + " was not asked: " + ex.getMessage());
        }
    }

    public WitnessOutcome ask(final Address address) throws IOException
    {
        return ask(address, PATIENCE_MS);
    }

    private WitnessOutcome ask(final Address address, final long patienceMs) throws IOException
    {
        return ask(address, new HttpTransport(address.url(), patienceMs));
    }

    /** Ask one witness, and keep what it says. */
    WitnessOutcome ask(final Address address, final WitnessClient.Transport transport) throws IOException
    {
        final WitnessClient client = new WitnessClient(
            address.key(), List.of(KeyFiles.readPublic(ledger.resolve(LedgerHome.PUBLIC_KEY))), transport);
        WitnessOutcome outcome = null;
        byte[] asked = new byte[0];
        for (int i = 0; i < TRIES_MAX; i++)
        {
            final byte[] bytes = checkpoint();
            if (Arrays.equals(asked, bytes))
            {
                break;
            }
            asked = bytes;
            final Note note = Checkpoint.note(bytes);
            final Checkpoint checkpoint = Checkpoint.parse(note.text());
            outcome = client.submit(note,
                new StoredTree(new FileDisk(ledger, true), checkpoint.size(), checkpoint.root()),
                seenSize(address.key(), checkpoint.origin()));
            if (WitnessOutcome.Kind.ROLLED_BACK != outcome.kind())
            {
                break;
            }
            // Somebody else may have signed and shown a newer checkpoint meanwhile: then it is here too.
        }
        keep(address.key(), outcome);
        return outcome;
    }

    private byte[] checkpoint() throws IOException
    {
        try
        {
            return Files.readAllBytes(ledger.resolve(CHECKPOINT));
        }
        catch (final NoSuchFileException ex)
        {
            throw new LedgerException("no checkpoint; sign one: flopmeter ledger checkpoint");
        }
    }

    private long seenSize(final NoteKey witness, final String origin)
    {
        long size = 0;
        for (final Note note : cosigned())
        {
            try
            {
                note.verify(List.of(witness));
                final Checkpoint checkpoint = Checkpoint.parse(note.text());
                size = checkpoint.origin().equals(origin) ? Math.max(size, checkpoint.size()) : size;
            }
            catch (final SigningException | LedgerException ex)
            {
                // Of another witness.
                continue;
            }
        }
        return size;
    }

    private void keep(final NoteKey witness, final WitnessOutcome outcome) throws IOException
    {
        final String alarm = ALARM + witness.hashText();
        if (null != outcome.cosigned())
        {
            DurableFiles.replace(ledger.resolve(COSIGNED + witness.hashText()), outcome.cosigned().encoded());
            // It has accepted this history: what it said before is settled.
            for (final Path file : files(alarm))
            {
                Files.delete(file);
            }
        }
        if (outcome.kind().isAlarm())
        {
            if (null != outcome.evidence())
            {
                DurableFiles.replace(ledger.resolve(alarm + ".checkpoint"), outcome.evidence().encoded());
            }
            if (null != outcome.forkProof())
            {
                DurableFiles.replace(ledger.resolve(alarm + ".fork"), utf8(outcome.forkProof()));
            }
            DurableFiles.replace(ledger.resolve(alarm), utf8(Instant.now() + ": " + outcome.text() + '\n'));
        }
    }

    /** Where the proof of a fork that a witness showed is; null when there is none. */
    public Path forkProof(final NoteKey witness)
    {
        final Path file = ledger.resolve(ALARM + witness.hashText() + ".fork");
        return Files.exists(file) ? file : null;
    }

    /** Checkpoints with cosignatures that are kept. */
    public List<Note> cosigned()
    {
        final List<Note> notes = new ArrayList<>();
        for (final Path file : files(COSIGNED))
        {
            try
            {
                notes.add(Note.parse(DocumentFiles.bytes(file)));
            }
            catch (final SigningException ex)
            {
                // Says nothing: what it was is asked for again.
                continue;
            }
        }
        return notes;
    }

    /** Those of {@link #cosigned()} that are checkpoints. */
    public List<Note> checkpoints()
    {
        final List<Note> notes = new ArrayList<>(cosigned());
        notes.removeIf(note -> !isCheckpoint(note));
        return notes;
    }

    private static boolean isCheckpoint(final Note note)
    {
        try
        {
            return Checkpoint.parse(note.text()).size() > 0;
        }
        catch (final LedgerException ex)
        {
            return false;
        }
    }

    /** The checkpoint with every cosignature of it that is kept. */
    public Note cosigned(final Note checkpoint)
    {
        Note whole = checkpoint;
        for (final Note note : cosigned())
        {
            if (note.text().equals(checkpoint.text()))
            {
                for (final var signature : note.signatures())
                {
                    whole = whole.with(signature);
                }
            }
        }
        return whole;
    }

    /** What witnesses said that stands until they accept the ledger again, by the file that it is in. */
    public Map<String, String> alarms()
    {
        final Map<String, String> alarms = new LinkedHashMap<>();
        for (final Path file : files(ALARM))
        {
            if (file.getFileName().toString().indexOf('.') < 0)
            {
                alarms.put(file.getFileName().toString(),
                    new String(DocumentFiles.bytes(file), StandardCharsets.UTF_8).strip());
            }
        }
        return alarms;
    }

    private List<Path> files(final String prefix)
    {
        final List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(ledger, prefix + '*'))
        {
            found.forEach(files::add);
        }
        catch (final IOException ex)
        {
            throw new UsageException(ledger + ": cannot be read: " + ex.getMessage());
        }
        files.sort(null);
        return files;
    }

    private static byte[] utf8(final String text)
    {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
