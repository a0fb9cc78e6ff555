/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.agrona.collections.Long2ObjectHashMap;
import org.flopmeter.ledger.LedgerEntry.AccountKey;
import org.flopmeter.ledger.LedgerEntry.Bound;
import org.flopmeter.ledger.LedgerEntry.CheckpointSigned;
import org.flopmeter.ledger.LedgerEntry.Correction;
import org.flopmeter.ledger.LedgerEntry.EpochClosed;
import org.flopmeter.ledger.LedgerEntry.EpochOpened;
import org.flopmeter.ledger.LedgerEntry.GapBooked;
import org.flopmeter.ledger.LedgerEntry.Genesis;
import org.flopmeter.ledger.LedgerEntry.KeyDefined;
import org.flopmeter.ledger.LedgerEntry.Signer;
import org.flopmeter.ledger.LedgerEntry.SourceRegistered;
import org.flopmeter.ledger.LedgerEntry.Usage;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningException;
import org.flopmeter.sign.VerifyingKey;
import org.flopmeter.unit.FlopArithmetic;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.FlopOverflowException;
import org.flopmeter.unit.Part;

/** What the entries add up to, and the rules that they keep: docs/design/0018-ledger.md section 2. */
public final class LedgerState
{
    private final Map<Id, EpochState> epochs = new LinkedHashMap<>();
    private final Long2ObjectHashMap<EpochState> epochByNumber = new Long2ObjectHashMap<>();
    private final Long2ObjectHashMap<KeyOfEpoch> keyByNumber = new Long2ObjectHashMap<>();
    private final Long2ObjectHashMap<SourceRegistered> sourceByNumber = new Long2ObjectHashMap<>();
    private final List<SignerState> signers = new ArrayList<>();
    private final List<CheckpointSigned> checkpoints = new ArrayList<>();
    private Genesis genesis;
    private boolean isGenesisLost;

    /** A key as one writer of its epoch defined it. */
    private record KeyOfEpoch(KeyState key, long epoch)
    {
    }

    /** A key that signs, or once did. */
    static final class SignerState
    {
        long revokedAtBlock = Long.MAX_VALUE;
        private final Signer signer;
        private NoteKey key;

        SignerState(final Signer signer)
        {
            this.signer = signer;
        }

        boolean isKey(final NoteKey other)
        {
            return Arrays.equals(signer.publicKey(), other.key().raw());
        }

        /** Made when it is asked for: that takes as long as a signature. */
        NoteKey key()
        {
            if (null == key)
            {
                key = keyOf(signer);
            }
            return key;
        }
    }

    /** One unbroken life of a counting state. */
    public static final class EpochState
    {
        private final EpochOpened opened;
        private final Map<AccountKey, KeyState> keys = new LinkedHashMap<>();
        private final List<GapBooked> gaps = new ArrayList<>();
        private final long[] partHighs = new long[3];
        private final long[] partLows = new long[3];
        private Id nonce;
        private long number;
        private Bound bound;
        private EpochClosed closed;

        EpochState(final EpochOpened opened)
        {
            this.opened = opened;
        }

        public EpochOpened opened()
        {
            return opened;
        }

        public Id nonce()
        {
            return nonce;
        }

        public boolean isClosed()
        {
            return null != closed;
        }

        public Collection<KeyState> keys()
        {
            return keys.values();
        }

        public FlopCount counted()
        {
            return part(Part.COUNT);
        }

        private FlopCount part(final Part part)
        {
            return FlopCount.of(partHighs[part.code()], partLows[part.code()]);
        }

        /** Null where none was booked. */
        public Bound bound()
        {
            return bound;
        }

        /** Every gap, also those that a later bound holds. */
        public List<GapBooked> gaps()
        {
            return gaps;
        }

        /** What was not bounded is unbounded; a gap after the last bound is added to its upper end. */
        public FlopInterval flop()
        {
            if (null == bound)
            {
                return FlopInterval.unbounded(counted(), counted().add(part(Part.ESTIMATE)));
            }
            FlopCount upper = bound.upper();
            for (final GapBooked gap : gaps)
            {
                if (gap.endNs() > bound.endNs())
                {
                    upper = null == upper || null == gap.upper() ? null : upper.add(gap.upper());
                }
            }
            final FlopCount lower = counted();
            final FlopCount point = bound.point().max(lower);
            return null == upper ?
                FlopInterval.unbounded(lower, point) : FlopInterval.of(lower, point, upper.max(point));
        }
    }

    /** The cumulative total of one key of an epoch. */
    public static final class KeyState
    {
        private final EpochState epoch;
        private final AccountKey key;
        private final SourceRegistered source;
        private long flopHigh;
        private long flopLow;
        private FlopCount added = FlopCount.ZERO;
        private FlopCount removed = FlopCount.ZERO;
        private long samples;

        KeyState(final EpochState epoch, final AccountKey key, final SourceRegistered source)
        {
            this.epoch = epoch;
            this.key = key;
            this.source = source;
        }

        public AccountKey key()
        {
            return key;
        }

        /** Null where none was named. */
        public SourceRegistered source()
        {
            return source;
        }

        public FlopCount flop()
        {
            return FlopCount.of(flopHigh, flopLow);
        }

        public long samples()
        {
            return samples;
        }

        public FlopCount added()
        {
            return added;
        }

        public FlopCount removed()
        {
            return removed;
        }
    }

    /** Null before the first entry. */
    public Genesis genesis()
    {
        return genesis;
    }

    public Collection<EpochState> epochs()
    {
        return epochs.values();
    }

    /** Null when there is none. */
    public EpochState epoch(final Id epoch)
    {
        return epochs.get(epoch);
    }

    List<SignerState> signers()
    {
        return signers;
    }

    /** How many keys have signed, one after the other. */
    public int signerCount()
    {
        return signers.size();
    }

    /** The last key ended without another one: nothing more is signed. */
    public boolean isRevoked()
    {
        return !signers.isEmpty() && Long.MAX_VALUE != signers.get(signers.size() - 1).revokedAtBlock;
    }

    List<CheckpointSigned> checkpoints()
    {
        return checkpoints;
    }

    /** A block could not be read. What follows is taken all the same: its damage is told. */
    void loseBlock()
    {
        isGenesisLost |= null == genesis;
    }

    /** @throws LedgerException a rule does not hold; nothing has changed then. */
    void apply(final LedgerEntry entry, final long sequence, final long block)
    {
        require(isGenesisLost || (null == genesis) == entry instanceof Genesis,
            null == genesis ? "the first entry is not the genesis" : "a second genesis");
        if (entry instanceof Usage usage)
        {
            use(usage.key(), usage.beginNs(), usage.endNs(), usage.samples(), usage.flop().high(),
                usage.flop().low());
        }
        else if (entry instanceof KeyDefined defined)
        {
            define(defined, sequence);
        }
        else if (entry instanceof EpochOpened opened)
        {
            open(opened, sequence);
        }
        else if (entry instanceof EpochClosed closed)
        {
            epoch(closed.epoch()).closed = closed;
        }
        else if (entry instanceof SourceRegistered source)
        {
            epoch(source.epoch());
            sourceByNumber.put(sequence, source);
        }
        else if (entry instanceof Bound bound)
        {
            bound(bound);
        }
        else if (entry instanceof GapBooked gap)
        {
            require(gap.endNs() >= gap.beginNs(), "a gap ends before it begins");
            epoch(gap.epoch()).gaps.add(gap);
        }
        else if (entry instanceof Correction correction)
        {
            correct(correction);
        }
        else if (entry instanceof Signer signer)
        {
            sign(signer, block);
        }
        else if (entry instanceof CheckpointSigned checkpoint)
        {
            if (checkpoint.size() != block)
            {
                throw new LedgerException("a checkpoint of size " + checkpoint.size() + " in block " + block);
            }
            checkpoints.add(checkpoint);
        }
        else if (entry instanceof Genesis first)
        {
            genesis = first;
        }
    }

    private void open(final EpochOpened opened, final long sequence)
    {
        final EpochState known = epochs.get(opened.epoch());
        if (null == known)
        {
            require(opened.resumes().isNone(), "epoch " + opened.epoch() + " resumes what is not there");
            final EpochState epoch = new EpochState(opened);
            epoch.nonce = opened.nonce();
            epoch.number = sequence;
            epochs.put(opened.epoch(), epoch);
            epochByNumber.put(sequence, epoch);
            return;
        }
        require(known.nonce.equals(opened.resumes()) && !known.nonce.equals(opened.nonce()) &&
            known.opened.meter().equals(opened.meter()),
            "epoch " + opened.epoch() + " is opened by a second writer that is not its successor");
        known.nonce = opened.nonce();
        known.number = sequence;
        known.closed = null;
        epochByNumber.put(sequence, known);
    }

    private void define(final KeyDefined defined, final long sequence)
    {
        final EpochState epoch = epoch(defined.epoch());
        final SourceRegistered source = sourceByNumber.get(defined.source());
        require(0 == defined.source() || null != source, "a key names a source that is not there");
        final KeyState key =
            epoch.keys.computeIfAbsent(defined.key(), made -> new KeyState(epoch, made, source));
        keyByNumber.put(sequence, new KeyOfEpoch(key, defined.epoch()));
    }

    /**
     * Apply the usage that lies at an offset; nothing is made for it. Most entries are usages.
     *
     * @throws LedgerException a rule does not hold; nothing has changed then.
     */
    void applyUsage(final ByteBuffer bytes, final int at)
    {
        require(isGenesisLost || null != genesis, "the first entry is not the genesis");
        use(bytes.getLong(at), bytes.getLong(at + 8), bytes.getLong(at + 16), bytes.getLong(at + 32),
            bytes.getLong(at + 48), bytes.getLong(at + 40));
    }

    private void use(
        final long number, final long beginNs, final long endNs, final long samples, final long high, final long low)
    {
        final KeyState key = key(number);
        require(endNs >= beginNs, "a usage ends before it begins");
        if (FlopArithmetic.compare(high, low, key.flopHigh, key.flopLow) < 0 ||
            Long.compareUnsigned(samples, key.samples) < 0)
        {
            throw new LedgerException("a total falls from " + key.flop() + " to " + FlopCount.of(high, low));
        }
        final EpochState epoch = key.epoch;
        final int part = key.key.part().code();
        final long addedHigh = FlopArithmetic.subtractHigh(high, low, key.flopHigh, key.flopLow);
        final long addedLow = low - key.flopLow;
        final long sumHigh = epoch.partHighs[part];
        final long sumLow = epoch.partLows[part];
        if (FlopArithmetic.addOverflows(sumHigh, sumLow, addedHigh, addedLow))
        {
            throw new FlopOverflowException("the total of epoch " + epoch.opened.epoch() + " needs more than 128 bits");
        }
        epoch.partHighs[part] = FlopArithmetic.addHigh(sumHigh, sumLow, addedHigh, addedLow);
        epoch.partLows[part] = sumLow + addedLow;
        key.flopHigh = high;
        key.flopLow = low;
        key.samples = samples;
    }

    private void correct(final Correction correction)
    {
        final KeyOfEpoch named = keyByNumber.get(correction.key());
        require(null != named, "a correction names a key that is not there");
        final KeyState key = named.key();
        require(correction.added().compareTo(key.added) >= 0 && correction.removed().compareTo(key.removed) >= 0,
            "a correction falls");
        key.added = correction.added();
        key.removed = correction.removed();
    }

    private void bound(final Bound bound)
    {
        final EpochState epoch = epoch(bound.epoch());
        require(bound.endNs() >= bound.beginNs(), "a bound ends before it begins");
        if (!bound.lower().equals(epoch.counted()))
        {
            throw new LedgerException(
                "the keys of an epoch add up to " + epoch.counted() + ", its lower end says " + bound.lower());
        }
        require(bound.point().compareTo(bound.lower()) >= 0 &&
            (null == bound.upper() || bound.upper().compareTo(bound.point()) >= 0), "the ends of a bound are crossed");
        epoch.bound = bound;
    }

    private void sign(final Signer signer, final long block)
    {
        require(Signer.ED25519 == signer.algorithm(), "a signer of algorithm " + signer.algorithm());
        require(signer.reason() >= Signer.FIRST && signer.reason() <= Signer.REVOKED, "a signer for no reason");
        final SignerState last = signers.isEmpty() ? null : signers.get(signers.size() - 1);
        if (Signer.FIRST == signer.reason())
        {
            require(null == last, "a second first signer");
        }
        else
        {
            require(null != genesis, "a change of signers of a ledger whose first block is lost");
            require(null != last && last.revokedAtBlock == Long.MAX_VALUE &&
                last.key().key().verify(rotationText(signer).getBytes(StandardCharsets.UTF_8),
                    signer.signature()), "a change of signers that the one before did not sign");
            last.revokedAtBlock = block;
        }
        if (Signer.REVOKED != signer.reason())
        {
            signers.add(new SignerState(signer));
        }
    }

    private static NoteKey keyOf(final Signer signer)
    {
        try
        {
            return new NoteKey(signer.name(), NoteKey.Type.ED25519,
                VerifyingKey.of(SignatureAlgorithm.ED25519, signer.publicKey()));
        }
        catch (final SigningException ex)
        {
            throw new LedgerException("a signer without a key: " + ex.getMessage(), ex);
        }
    }

    /** What a key signs when it hands over to the next, or ends. */
    String rotationText(final Signer signer)
    {
        return rotationText(genesis.ledger(), signer);
    }

    static String rotationText(final Id ledger, final Signer signer)
    {
        return "flopmeter ledger signer\n" + ledger + '\n' + signer.reason() + '\n' + signer.name() + '\n' +
            HexFormat.of().formatHex(signer.publicKey()) + '\n';
    }

    /** Messages are made when they are needed: this is asked for every entry. */
    private EpochState epoch(final long number)
    {
        final EpochState epoch = epochByNumber.get(number);
        if (null == epoch)
        {
            throw new LedgerException("an epoch that was never opened: " + number);
        }
        if (epoch.number != number)
        {
            throw new LedgerException("a writer of epoch " + epoch.opened.epoch() + " that was superseded");
        }
        if (null != epoch.closed)
        {
            throw new LedgerException("an entry of epoch " + epoch.opened.epoch() + " after its end");
        }
        return epoch;
    }

    private KeyState key(final long number)
    {
        final KeyOfEpoch named = keyByNumber.get(number);
        if (null == named)
        {
            throw new LedgerException("a key that was never defined: " + number);
        }
        final KeyState key = named.key();
        if (key.epoch.number != named.epoch() || null != key.epoch.closed)
        {
            // Says which of the two it is.
            epoch(named.epoch());
        }
        return key;
    }

    private static void require(final boolean isSo, final String message)
    {
        if (!isSo)
        {
            throw new LedgerException(message);
        }
    }
}
