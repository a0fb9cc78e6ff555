/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.ledger.LedgerException;
import org.flopmeter.ledger.LedgerHome;
import org.flopmeter.ledger.LedgerWriter;
import org.flopmeter.ledger.StoredTree;
import org.flopmeter.ledger.Verification;
import org.flopmeter.ledger.Verification.Finding;
import org.flopmeter.node.booking.WitnessContacts;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.SigningException;
import org.flopmeter.unit.Plural;
import org.flopmeter.witness.Quorum;

/** What witnesses add to the verification of a ledger: how much of it they have seen, and what they said against it. */
final class WitnessVerdict
{
    private static final String KIND = "witness";
    private static final String KEPT = "witnessed-*";

    private final List<Finding> findings = new ArrayList<>();
    private String statement = "";

    private WitnessVerdict()
    {
    }

    /** @param quorum how many of the witnesses are needed; 0 = all. */
    static WitnessVerdict of(
        final Path ledger, final Verification verification, final List<String> witnesses, final int quorum)
        throws IOException
    {
        final WitnessVerdict verdict = new WitnessVerdict();
        final int needed = needed("verify", quorum, witnesses.size());
        final WitnessContacts contacts = new WitnessContacts(ledger);
        contacts.alarms().forEach(
            (file, alarm) -> verdict.find(file, "a witness raised an alarm that stands: " + alarm));
        if (!witnesses.isEmpty() && verification.isOk())
        {
            verdict.count(ledger, verification, keys(witnesses), needed);
        }
        return verdict;
    }

    /** @return how many of the witnesses that are given have to have seen it. */
    static int needed(final String command, final int quorum, final int witnesses)
    {
        if (quorum < 0 || quorum > witnesses)
        {
            throw new UsageException(
                command + " --quorum " + quorum + ": given: " + Plural.of(witnesses, "witness", "witnesses"));
        }
        return 0 == quorum ? witnesses : quorum;
    }

    /** Each is a witness's key, once; a {@link SigningException} otherwise. */
    static List<NoteKey> keys(final List<String> witnesses)
    {
        final List<NoteKey> keys = new ArrayList<>();
        for (final String witness : witnesses)
        {
            final NoteKey key = WitnessCommand.key(witness);
            if (NoteKey.Type.COSIGNATURE != key.type())
            {
                throw new SigningException(witness + ": the key " + key + " is not a witness's");
            }
            if (keys.stream().anyMatch(other -> other.key().equals(key.key())))
            {
                throw new SigningException(witness + ": the key " + key + " is given twice");
            }
            keys.add(key);
        }
        return keys;
    }

    private void count(
        final Path ledger, final Verification verification, final List<NoteKey> witnesses, final int quorum)
        throws IOException
    {
        final Quorum seen;
        try
        {
            seen = LedgerHome.read(ledger, disk -> Quorum.of(witnesses, quorum,
                new WitnessContacts(ledger).cosigned(), LedgerWriter.origin(verification.state().genesis().ledger()),
                new StoredTree(disk, verification.blocks(), verification.root())));
        }
        catch (final LedgerException ex)
        {
            find(KEPT, "cosignatures can't be compared: " + ex.getMessage());
            return;
        }
        if (seen.blocks() < 0)
        {
            find(KEPT, seen.seen().size() + " of " + witnesses.size() +
                " witnesses have cosigned a checkpoint of this ledger; needed are " + quorum);
            return;
        }
        final long timeSeconds = seen.seen().get(quorum - 1).timeSeconds();
        statement = "; " + quorum + " of " + witnesses.size() + " witnesses have seen the first " +
            Plural.of(seen.blocks(), "block") + ", by " + Instant.ofEpochSecond(timeSeconds);
    }

    private void find(final String file, final String detail)
    {
        findings.add(new Finding(KIND, file, -1, 0, -1, detail));
    }

    /** Appended to the statement of what was proved. */
    String statement()
    {
        return statement;
    }

    List<Finding> findings()
    {
        return findings;
    }
}
