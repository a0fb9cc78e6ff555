/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One lane, its writer, the meter and its account, with SIGKILL at every step: docs/design/0006-model.md. Each statement
 * of a process is one store or load of shared memory; d_step groups what the other side can't tell apart.
 */

#ifndef SAMPLES
#define SAMPLES 3
#endif
#ifndef METER_CRASHES
#define METER_CRASHES 1
#endif
#ifndef CELLS
#define CELLS 5
#endif
/* Samples in the largest record. */
#ifndef BATCH
#define BATCH 2
#endif
/* Samples in the journal of what is folded. */
#ifndef JOURNAL
#define JOURNAL 2
#endif
/* Records in the log after which a new generation begins; a meter that dies in between leaves one more. */
#ifndef LOG
#define LOG 1
#endif
#ifdef TWO_RECORDS
#define LOG_LENGTH (LOG + 1 + 2 * METER_CRASHES)
#else
#define LOG_LENGTH (LOG + METER_CRASHES)
#endif

#define NOT_HELD 255
#define NOTHING 0
#define RECORD 1
#define PADDING 2

/* A header or a sample: `word` is the sequence or the FLOP, as both lie at offset 8; a slot lies where a length would. */
typedef cell_t
{
    short length;
    byte type, word, count
};

typedef double_t
{
    byte version;
    short sum[2];
    byte samples[2]
};

/* Positions and the sums at the boundary are absolute, what came through the ring is a delta, folds are absolute. */
typedef commit_t
{
    bool whole;
    byte number, position, open, sequence;
    short boundarySum, deltaSum, foldSum;
    byte boundarySamples, deltaSamples, foldSamples
};

typedef generation_t
{
    commit_t snapshot;
    commit_t log[LOG_LENGTH]
};

/* The lane: it outlives the writer and the meter. */
cell_t ring[CELLS];
double_t ringTally;
double_t foldTally;
/* Its version is twice the last journal that it has, and which copy is in force. */
double_t foldCell;
byte journal[JOURNAL];
byte journalCount;
byte journalEpoch = 1;
byte head;

/* The account: two generations, `current` is what a rename made current. */
generation_t account[2];
bit current;

/* What is true: set together with the store that releases a sample. The n-th sample is worth 2^n FLOP. */
short trueSum;
byte trueSamples;

bool writerKilled;
bool writerEnded;
bool meterKill;
bool meterEnded;

#define GONE (writerEnded || writerKilled)
#define at(p) ring[(p) % CELLS]

/* The copy that is not in force is written in one step: whoever reads it meanwhile finds another version afterwards. */
inline store_double(record, newSum, newSamples)
{
#ifdef DOUBLE_IN_PLACE
    record.sum[0] = newSum;
    d_step { record.samples[0] = newSamples; record.version = record.version + 2 }
#else
    d_step
    {
        record.sum[(record.version + 1) & 1] = newSum;
        record.samples[(record.version + 1) & 1] = newSamples
    };
    record.version = record.version + 1
#endif
}

/* ---- the writer: lane.c ---- */

inline zero(next)
{
#ifdef NO_ZEROING
    skip
#else
    d_step { at(next).type = NOTHING; at(next).length = 0 }
#endif
}

inline end_record()
{
    at(position).length = 1 + count
}

inline close_record()
{
    if
    :: open ->
        zero(position + 1 + count);
#ifdef CLOSE_BEFORE_TALLY
        end_record();
        store_double(ringTally, ringSum, ringSamples);
#else
        store_double(ringTally, ringSum, ringSamples);
        end_record();
#endif
        d_step { position = position + 1 + count; open = false; count = 0; claim = 0 }
    :: else
    fi
}

#define TO_END (CELLS - position % CELLS)
#define PAD (TO_END < 2 -> TO_END : 0)
#define CLAIM ((TO_END < 2 || TO_END > 1 + BATCH) -> 1 + BATCH : TO_END)
#define ROOM (CELLS - (position - headSeen) >= PAD + CLAIM + 1)

inline claim_record()
{
    if
    :: !ROOM -> headSeen = head
    :: else
    fi;
    if
    :: ROOM ->
        if
        :: TO_END < 2 ->
            zero(position + TO_END);
            d_step { at(position).type = PADDING; at(position).length = TO_END; position = position + TO_END }
        :: else
        fi;
        d_step
        {
#ifndef NO_ZEROING
            assert(at(position).length == 0);
#endif
            sequence = sequence + 1;
            claim = CLAIM;
            at(position).type = RECORD;
            at(position).word = sequence;
            at(position).count = 0
        };
        d_step { at(position).length = -claim; open = true; count = 0 }
    :: else
    fi
}

inline write_sample()
{
    d_step
    {
        at(position + 1 + count).length = 2;
        at(position + 1 + count).type = RECORD;
        at(position + 1 + count).word = (1 << sample);
        at(position + 1 + count).count = 0
    }
}

inline release_sample()
{
    d_step
    {
        at(position).count = count + 1;
        trueSum = trueSum + (1 << sample); trueSamples = trueSamples + 1
    }
}

inline write_folded()
{
    journal[folded] = (1 << sample)
}

inline release_folded()
{
    d_step
    {
        journalCount = folded + 1;
        trueSum = trueSum + (1 << sample); trueSamples = trueSamples + 1
    }
}

inline store_cell()
{
#ifdef DOUBLE_IN_PLACE
    foldCell.sum[0] = foldSum;
    d_step { foldCell.samples[0] = foldSamples; foldCell.version = epoch * 2 }
#else
    d_step
    {
        foldCell.sum[(foldCell.version + 1) & 1] = foldSum;
        foldCell.samples[(foldCell.version + 1) & 1] = foldSamples
    };
#ifdef CELL_WITHOUT_EPOCH
    foldCell.version = (foldCell.version + 1) & 1
#else
    foldCell.version = epoch * 2 + ((foldCell.version + 1) & 1)
#endif
#endif
}

/* The journal is full: its cell, the tally, an empty journal, its number. */
inline fold_journal()
{
#ifdef EMPTIED_BEFORE_CELL
    store_double(foldTally, foldSum, foldSamples);
    journalCount = 0;
    store_cell();
#else
    store_cell();
    store_double(foldTally, foldSum, foldSamples);
#endif
#ifdef EPOCH_BEFORE_COUNT
    journalEpoch = epoch + 1;
    journalCount = 0;
#else
    journalCount = 0;
    journalEpoch = epoch + 1;
#endif
    d_step { epoch = epoch + 1; folded = 0 }
}

inline fold()
{
    if
    :: folded == JOURNAL -> fold_journal()
    :: else
    fi;
#ifdef COUNT_BEFORE_FOLDED
    release_folded();
    write_folded();
#else
    write_folded();
    release_folded();
#endif
    d_step
    {
        folded = folded + 1;
        foldSum = foldSum + (1 << sample); foldSamples = foldSamples + 1;
        sample = sample + 1
    }
}

/* Killed: it makes no step any more. While the meter is dying nobody does, which is only to save states. */
active proctype writer() provided (!writerKilled && !meterKill)
{
    byte position, headSeen, sequence, count, claim, sample, folded, epoch = 1;
    bool open;
    short ringSum, foldSum;
    byte ringSamples, foldSamples;

    do
    :: sample < SAMPLES ->
        if
        :: !open || 1 + count == claim ->
            close_record();
            /* After a refused claim the next is tried 126 samples later: any number of them here. */
            if
            :: claim_record()
            :: true
            fi
        :: else
        fi;
        if
        :: open ->
#ifdef COUNT_BEFORE_SAMPLE
            release_sample();
            write_sample();
#else
            write_sample();
            release_sample();
#endif
            d_step
            {
                count = count + 1;
                ringSum = ringSum + (1 << sample); ringSamples = ringSamples + 1;
                sample = sample + 1
            };
            /* Older than 2 s. */
            if
            :: close_record()
            :: true
            fi
        :: else -> fold()
        fi
    :: else -> break
    od;
    close_record();
    writerEnded = true
}

/* ---- the meter: LaneReader, FoldReader, Account ---- */

inline read_double(record)
{
    version = record.version;
    readSum = record.sum[version & 1];
    d_step { readSamples = record.samples[version & 1]; valid = (version == record.version) }
}

inline check_tally()
{
    if
    :: tallyPending && tallyVersion <= sequence - 1 ->
        assert(tallyVersion == sequence - 1 && tallySum == boundarySum && tallySamples == boundarySamples);
        d_step { tallyPending = false; tallyVersion = 0; tallySum = 0; tallySamples = 0 }
    :: else
    fi
}

inline take_tally()
{
    if
    :: !tallyPending ->
        read_double(ringTally);
        d_step
        {
            if
            :: valid ->
                tallyPending = true;
                tallyVersion = version; tallySum = readSum; tallySamples = readSamples;
                check_tally()
            :: else
            fi;
            version = 0; readSum = 0; readSamples = 0; valid = false
        }
    :: else
    fi
}

inline consume(limit)
{
    do
    :: open < limit ->
        d_step
        {
            runningSum = runningSum + at(position + 1 + open).word;
            runningSamples = runningSamples + 1;
            open = open + 1
        }
    :: else -> break
    od
}

/* One record; `more` says whether another may be behind it. */
inline drain_record()
{
    length = at(position).length;
    more = false;
    if
    :: length > 0 && at(position).type == PADDING ->
        d_step
        {
            assert(open == 0 && length == CELLS - position % CELLS);
            position = position + length;
            more = true
        }
    :: length > 0 && at(position).type != PADDING ->
        d_step
        {
            assert(at(position).type == RECORD && at(position).word == sequence);
            assert(at(position).count == length - 1 && open <= length - 1)
        };
        consume(length - 1);
        atomic
        {
            position = position + length;
            open = 0;
            sequence = sequence + 1;
            boundarySum = runningSum; boundarySamples = runningSamples;
            check_tally();
            more = true
        }
    :: length < 0 ->
        d_step
        {
            assert(at(position).type == RECORD && at(position).word == sequence);
            count = at(position).count;
            assert(count >= open && count <= -length - 1)
        };
        consume(count)
    :: else
    fi
}

inline drain()
{
    take_tally();
    do
    :: true ->
        drain_record();
        if
        :: !more -> break
        :: more
        /* A turn is bounded. */
        :: more && !ending -> break
        fi
    od
}

/* What was released of the journal; nothing when the writer began the next one meanwhile. */
inline read_journal()
{
    version = journalEpoch;
    count = journalCount;
    d_step
    {
        assert(version >= epochSeen && count <= JOURNAL);
        if
        :: version != epochSeen || count < countSeen ->
            epochSeen = version; countSeen = 0; heldSum = 0; heldSamples = 0
        :: else
        fi;
        version = 0
    };
    do
    :: countSeen < count ->
        d_step
        {
            heldSum = heldSum + journal[countSeen];
            heldSamples = heldSamples + 1;
            countSeen = countSeen + 1
        }
    :: else -> break
    od;
    atomic
    {
        if
        :: journalEpoch != epochSeen -> countSeen = NOT_HELD; heldSum = 0; heldSamples = 0
        :: else
        fi;
        count = 0
    }
}

inline take_cell()
{
    d_step
    {
        if
        :: (version >> 1) < epochSeen -> readSum = readSum + heldSum; readSamples = readSamples + heldSamples
        :: else
        fi;
        assert(readSum >= foldSum && readSamples >= foldSamples);
        foldSum = readSum; foldSamples = readSamples
    }
}

/* Of one instant? Count, then tally, then epoch. */
inline check_folds()
{
#ifdef EPOCH_THEN_COUNT
    valid = valid && journalEpoch == epochSeen;
    valid = valid && journalCount == countSeen;
#else
    valid = valid && journalCount == countSeen;
#ifndef TALLY_NOT_AGAIN
    valid = valid && foldTally.version == scanVersion;
#endif
    valid = valid && journalEpoch == epochSeen;
#endif
    d_step
    {
        assert(!valid || (scanVersion == epochSeen && foldSum == scanSum && foldSamples == scanSamples) ||
            (scanVersion + 1 == epochSeen && foldSum == scanSum + heldSum && foldSamples == scanSamples + heldSamples));
        scanVersion = 0; scanSum = 0; scanSamples = 0; valid = false
    }
}

inline scan_folds()
{
#ifndef CELL_BEFORE_JOURNAL
    read_journal();
#endif
    read_double(foldTally);
    d_step { scanVersion = version; scanSum = readSum; scanSamples = readSamples; scanValid = valid };
    read_double(foldCell);
#ifdef CELL_BEFORE_JOURNAL
    cellVersion = version;
    read_journal();
    version = cellVersion;
#endif
#ifndef ONE_TRY
    if
    :: !valid -> read_double(foldCell)
    :: else
    fi;
#endif
    if
    :: valid -> take_cell()
    :: else
    fi;
    d_step { valid = scanValid; scanValid = false; version = 0; readSum = 0; readSamples = 0 };
    check_folds()
}

inline check_end()
{
    read_double(ringTally);
    assert(valid);
    assert((version == sequence - 1 && readSum == boundarySum && readSamples == boundarySamples) ||
        (version == sequence && readSum == runningSum && readSamples == runningSamples))
}

inline fill(record)
{
    record.number = number;
    record.position = position;
    record.open = open;
    record.sequence = sequence;
    record.boundarySum = boundarySum; record.boundarySamples = boundarySamples;
    record.foldSum = foldSum; record.foldSamples = foldSamples
}

/* Half of an append is a record whose checksum is wrong. */
inline append(newSum, newSamples)
{
    d_step
    {
        number = number + 1;
        account[current].log[logged].whole = false;
        fill(account[current].log[logged]);
        account[current].log[logged].deltaSum = newSum - totalSum;
        account[current].log[logged].deltaSamples = newSamples - totalSamples;
        assert(newSamples + foldSamples <= trueSamples)
    };
    d_step
    {
        account[current].log[logged].whole = true;
        logged = logged + 1;
        totalSum = newSum;
        totalSamples = newSamples
    }
}

/* The snapshot of what is committed is written over the generation before the last, which is then renamed. */
inline new_generation()
{
    d_step
    {
        number = number + 1;
        fill(account[1 - current].snapshot);
        account[1 - current].snapshot.deltaSum = totalSum;
        account[1 - current].snapshot.deltaSamples = totalSamples;
        account[1 - current].snapshot.whole = true
    };
    d_step { current = 1 - current; logged = 0 }
}

inline commit()
{
#ifdef TWO_RECORDS
    append(totalSum, totalSamples);
#endif
    append(runningSum, runningSamples);
    if
    :: logged >= LOG -> new_generation()
    :: else
    fi
}

inline take(record)
{
    position = record.position; open = record.open; sequence = record.sequence;
    boundarySum = record.boundarySum; boundarySamples = record.boundarySamples;
    foldSum = record.foldSum; foldSamples = record.foldSamples;
    totalSum = totalSum + record.deltaSum; totalSamples = totalSamples + record.deltaSamples
}

#ifdef DELTA_TWICE
#define IS_NEXT(record) true
#else
#define IS_NEXT(record) (record.number == number + 1)
#endif

/* A new meter: the snapshot, then the log up to its first torn or stale record. */
inline recover()
{
    d_step
    {
        totalSum = 0; totalSamples = 0; epochSeen = 0; countSeen = 0; heldSum = 0; heldSamples = 0;
        take(account[current].snapshot);
        number = account[current].snapshot.number;
        logged = 0;
        do
        :: logged < LOG_LENGTH && account[current].log[logged].whole && IS_NEXT(account[current].log[logged]) ->
            take(account[current].log[logged]);
            number = number + 1;
            logged = logged + 1
        :: else -> break
        od;
        sequence = (sequence == 0 -> 1 : sequence);
        runningSum = totalSum; runningSamples = totalSamples
    }
}

#define RING_WORK (at(position).length > 0 || (at(position).length < 0 && at(position).count != open))
#define FOLD_WORK (journalEpoch != epochSeen || journalCount != countSeen)

inline turn()
{
    if
    :: RING_WORK -> drain()
    :: else
    fi;
    if
    :: FOLD_WORK || ending -> scan_folds()
    :: else
    fi;
#ifdef HEAD_BEFORE_COMMIT
    head = position;
    commit()
#else
    commit();
    head = position
#endif
}

inline forget()
{
    d_step
    {
        meterKill = false;
        ending = false;
        tallyPending = false;
        tallyVersion = 0; tallySum = 0; tallySamples = 0;
        scanVersion = 0; scanSum = 0; scanSamples = 0; scanValid = false;
        version = 0; readSum = 0; readSamples = 0; valid = false;
        length = 0; count = 0; more = false
    }
}

active proctype meter()
{
    byte position, open, sequence, runningSamples, boundarySamples, totalSamples, foldSamples;
    short runningSum, boundarySum, totalSum, foldSum;
    byte tallyVersion, tallySamples, scanVersion, scanSamples, version, readSamples, count, number, logged;
    byte epochSeen, countSeen, heldSamples;
    short tallySum, scanSum, readSum, heldSum, length;
    bool tallyPending, valid, scanValid, more, ending;
#ifdef CELL_BEFORE_JOURNAL
    byte cellVersion;
#endif

start:
    {
        recover();
        head = position;
        do
        :: GONE || RING_WORK || FOLD_WORK ->
            ending = GONE;
            turn();
            if
            :: ending -> check_end(); break
            :: else
            fi
        od
    }
    unless { meterKill -> forget(); goto start };

    d_step
    {
        /* What a stranger finds in the account is what was released: each sample once. */
        recover();
        assert(totalSamples + foldSamples == trueSamples);
        assert(totalSum + foldSum == trueSum)
    };
    meterEnded = true
}

active proctype killer() provided (!meterKill)
{
    byte crashes;

    do
    :: timeout -> assert(meterEnded); break
    :: !GONE -> writerKilled = true
    :: crashes < METER_CRASHES && !meterEnded -> d_step { meterKill = true; crashes = crashes + 1 }
    od
}
