/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.util.Arrays;
import java.util.HexFormat;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;

/**
 * One fact of the ledger, docs/design/0018-ledger.md section 1. Epochs, sources and keys are named by the sequence
 * number of the entry that made them. {@code wallNs} are UNIX epoch and labels only; intervals are CLOCK_MONOTONIC.
 */
public sealed interface LedgerEntry
{
    /** The first entry of every ledger. */
    record Genesis(Id ledger, long createdNs, String software) implements LedgerEntry
    {
    }

    /** A key that signs checkpoints from here on, or no longer does. */
    record Signer(
        int algorithm, int reason, long wallNs, String name, byte[] publicKey, byte[] signature) implements LedgerEntry
    {
        public static final int ED25519 = 1;
        public static final int FIRST = 1;
        public static final int ROTATED = 2;
        public static final int REVOKED = 3;

        @Override
        public boolean equals(final Object object)
        {
            return object instanceof Signer other && algorithm == other.algorithm && reason == other.reason &&
                wallNs == other.wallNs && name.equals(other.name) && Arrays.equals(publicKey, other.publicKey) &&
                Arrays.equals(signature, other.signature);
        }

        @Override
        public int hashCode()
        {
            return Arrays.hashCode(publicKey);
        }

        @Override
        public String toString()
        {
            final HexFormat hex = HexFormat.of();
            return "Signer[algorithm=" + algorithm + ", reason=" + reason + ", wallNs=" + wallNs + ", name=" + name +
                ", publicKey=" + hex.formatHex(publicKey) + ", signature=" + hex.formatHex(signature) + ']';
        }
    }

    /** @param resumes nonce of the writer that this one takes over from; none when the epoch is new. */
    record EpochOpened(
        Id meter, Id epoch, Id nonce, Id resumes, long wallNs, long monotonicNs, String boot, String software)
        implements LedgerEntry
    {
    }

    /** Nothing is charged to the epoch any more. */
    record EpochClosed(long epoch, long wallNs, long monotonicNs) implements LedgerEntry
    {
    }

    /** Where counts come from: device, counter, method and the hash of the software. */
    record SourceRegistered(
        long epoch, String source, String device, String counter, String method, String software)
        implements LedgerEntry
    {
    }

    /** What usage is charged to. */
    record KeyDefined(long epoch, long source, AccountKey key) implements LedgerEntry
    {
    }

    /** Cumulative FLOP of a key since its epoch began. */
    record Usage(long key, long beginNs, long endNs, long wallNs, long samples, FlopCount flop) implements LedgerEntry
    {
    }

    /** Two columns beside a total, both cumulative: neither ever falls, and the total stays what was measured. */
    record Correction(
        long key, long wallNs, FlopCount added, FlopCount removed, String author, String argument)
        implements LedgerEntry
    {
    }

    /** The three ends of an epoch's compute so far. @param upper null = unbounded. */
    record Bound(
        long epoch, long beginNs, long endNs, long wallNs, FlopCount lower, FlopCount point, FlopCount upper)
        implements LedgerEntry
    {
    }

    /** A time in which something may have gone uncounted. @param upper null = unbounded. */
    record GapBooked(
        long epoch, long beginNs, long endNs, long wallNs, FlopCount upper, String source, String reason)
        implements LedgerEntry
    {
    }

    /** A parameter of the meter was changed. */
    record ParameterChanged(long wallNs, String name, String before, String after, String author)
        implements LedgerEntry
    {
    }

    /** A checkpoint that was signed over the blocks before this one. */
    record CheckpointSigned(long size, String note) implements LedgerEntry
    {
    }

    /** The attribution of a usage. @param node "" where none was named. */
    record AccountKey(String run, String node, Precision precision, Basis basis, Source source, Part part)
    {
    }
}
