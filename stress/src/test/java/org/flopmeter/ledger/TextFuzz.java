/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import org.flopmeter.sign.Cosignature;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.NoteSignature;
import org.flopmeter.sign.SigningException;
import org.flopmeter.witness.AddCheckpoint;

/** Checkpoints, notes, keys and proofs of a fuzzer's making: right ones are taken, and none has two spellings. */
final class TextFuzz
{
    private static final String SIZE = "0|[1-9][0-9]{0,17}";
    /** 32 bytes: the last digit stands for 4 bits, the other 2 are zero. */
    private static final String HASH = "[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=";
    private static final int TREE_MAX = 40;
    private static final int MANY = 77;
    private static final NoteKey OTHER_KEY =
        NoteKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    private static final MerkleTree TREE = new MerkleTree();
    private static final byte[] BLOCK =
        bytes(BlockLayout.block(0, 1, 2, List.of(new LedgerEntry.EpochClosed(1, 2, 3))));

    static
    {
        TREE.append(MerkleProof.leafHash(BLOCK));
        for (int i = 1; i < TREE_MAX; i++)
        {
            TREE.append(MerkleProof.leafHash(new byte[] { (byte)i }));
        }
    }

    private TextFuzz()
    {
    }

    private static byte[] bytes(final ByteBuffer buffer)
    {
        return Arrays.copyOf(buffer.array(), buffer.limit());
    }

    /** A byte of the input, put somewhere into a text. */
    private static String changed(final String text, final FuzzInput input)
    {
        final int how = input.next();
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (0 == how || 0 == bytes.length)
        {
            return text;
        }
        final int at = (input.next() << 8 | input.next()) % bytes.length;
        final byte[] put = 0 == (how & 1) ? new byte[] { (byte)input.next() } : input.nextBytes(how >> 5);
        final byte[] whole = Arrays.copyOf(bytes, bytes.length + put.length);
        System.arraycopy(put, 0, whole, at, put.length);
        System.arraycopy(bytes, Math.min(bytes.length, at + ((how >> 1) & 3)), whole, at + put.length,
            bytes.length - Math.min(bytes.length, at + ((how >> 1) & 3)));
        return new String(whole, 0, bytes.length + put.length - Math.min((how >> 1) & 3, bytes.length - at),
            StandardCharsets.UTF_8);
    }

    static void checkpoint(final FuzzInput input, final boolean isPlanted)
    {
        final boolean isRaw = 0 == (input.next() & 1);
        final String text = isRaw ? new String(input.rest(), StandardCharsets.UTF_8) :
            changed(new Checkpoint("o" + input.nextText().replace('\n', ' '),
            input.nextLong() >>> (4 + input.next() % 60), input.nextBytes(32)).text() +
            (input.next() < 200 ? "" : "extension\n"), input);
        final boolean isRight = isPlanted ? isLenient(text) :
            text.matches("(?s)[^\n]+\n(" + SIZE + ")\n" + HASH + "\n([^\n]+\n)*");
        try
        {
            final Checkpoint checkpoint = Checkpoint.parse(text);
            if (!isRight || !text.startsWith(checkpoint.text()))
            {
                throw new AssertionError("taken for a checkpoint: " + text);
            }
        }
        catch (final LedgerException ex)
        {
            if (isRight)
            {
                throw new AssertionError("not taken for a checkpoint: " + text, ex);
            }
        }
    }

    /** Planted: as a reader would have it that believes the JDK's decoder. */
    private static boolean isLenient(final String text)
    {
        final String[] lines = text.split("\n", -1);
        try
        {
            return text.matches("(?s)[^\n]+\n(" + SIZE + ")\n[^\n]+\n([^\n]+\n)*") &&
                32 == Base64.getDecoder().decode(lines[2]).length;
        }
        catch (final IllegalArgumentException ex)
        {
            return false;
        }
    }

    static void note(final FuzzInput input)
    {
        final int mode = input.next() & 3;
        if (0 == mode)
        {
            if (0 == (input.next() & 1))
            {
                key(input);
            }
            else
            {
                parts(input);
            }
            return;
        }
        final StringBuilder text = new StringBuilder();
        if (1 != mode)
        {
            text.append('t').append(input.nextText().replaceAll("[\\x00-\\x1f]", " ")).append("\n\n");
            final int count = input.next();
            for (int i = MANY == count ? Note.SIGNATURE_COUNT_MAX - 2 + input.next() % 4 : count % 4; i >= 0; i--)
            {
                text.append(new NoteSignature("k" + i + input.nextText().replaceAll("[^a-z]", ""),
                    (int)input.nextLong(), input.nextBytes(1 + input.next() % 80)).line());
            }
        }
        final String whole = 1 == mode ? "" : text.toString();
        final String given = 3 == mode ? changed(whole, input) : whole;
        final byte[] utf8 = 1 == mode ? input.rest() : padded(given, input.next(), Note.LENGTH_MAX)
            .getBytes(StandardCharsets.UTF_8);
        try
        {
            final Note note = Note.parse(utf8);
            if (!Arrays.equals(utf8, note.encoded()))
            {
                throw new AssertionError("two texts of one note: " + new String(utf8, StandardCharsets.UTF_8));
            }
            note.signatures().forEach(TextFuzz::cosignature);
        }
        catch (final SigningException ex)
        {
            if (2 == mode && utf8.length <= Note.LENGTH_MAX && whole.lines().count() <= Note.SIGNATURE_COUNT_MAX)
            {
                throw new AssertionError("refused: " + whole, ex);
            }
        }
    }

    /** A text, or one that is longer than its reader takes. */
    private static String padded(final String text, final int wish, final int lengthMax)
    {
        return MANY == wish ? text + "x".repeat(lengthMax) : text;
    }

    /** What notes are made of, from any chars and bytes: refused or whole. */
    private static void parts(final FuzzInput input)
    {
        final String name = 0 == (input.next() & 3) ? "n".repeat(1 + 2 * input.next()) : input.nextChars();
        try
        {
            final NoteSignature line = new NoteSignature(name, 1, input.nextBytes(1 + input.next() % 4));
            final Note note = new Note(input.nextChars() + (0 == (input.next() & 1) ? "\n" : ""), List.of(line));
            if (!Arrays.equals(note.encoded(), Note.parse(note.encoded()).encoded()))
            {
                throw new AssertionError("another note is read: " + note);
            }
        }
        catch (final SigningException ex)
        {
            if (NoteKey.isName(name) && name.matches("n+") && ex.getMessage().startsWith("key name"))
            {
                throw new AssertionError(name, ex);
            }
        }
        try
        {
            new Cosignature(input.nextLong(), input.nextBytes(64));
        }
        catch (final SigningException ex)
        {
            if (!ex.getMessage().contains("below 0"))
            {
                throw new AssertionError(ex);
            }
        }
    }

    private static void cosignature(final NoteSignature line)
    {
        final Cosignature cosignature = Cosignature.of(line);
        if ((null != cosignature) != (72 == line.signature().length && line.signature()[0] >= 0))
        {
            throw new AssertionError("a cosignature of " + line.signature().length + " bytes");
        }
    }

    private static void key(final FuzzInput input)
    {
        final String text = changed("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", input);
        try
        {
            if (!NoteKey.parse(text).text().equals(text))
            {
                throw new AssertionError("two texts of one key: " + text);
            }
        }
        catch (final SigningException ex)
        {
            if (text.startsWith("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW") &&
                text.length() == 68)
            {
                throw new AssertionError("refused: " + text, ex);
            }
        }
    }

    private static String signed(final long size, final byte[] root)
    {
        final String text = new Checkpoint("origin", size, root).text();
        return text + '\n' + new NoteSignature("origin", 1, new byte[64]).line();
    }

    static void proof(final FuzzInput input)
    {
        final int mode = input.next();
        final int size = 1 + input.next() % TREE_MAX;
        final int old = input.next() % (size + 1);
        final boolean isRaw = 0 == (mode & 1);
        switch (mode >> 1 & 3)
        {
            case 0:
                request(isRaw ? raw(input) : padded(changed("old " + old + '\n' + more(input) +
                    lines(TREE.consistency(old, size)) + '\n' + signed(size, TREE.root(size)), input), input.next(),
                    AddCheckpoint.LENGTH_MAX));
                break;
            case 1:
                entry(isRaw ? raw(input) : padded(changed("c2sp.org/tlog-proof@v1\nextra " + HashText.of(block(input)) +
                    "\nindex " + input.next() % 2 + '\n' + more(input) + lines(TREE.inclusion(0, size)) + '\n' +
                    signed(size, TREE.root(size)), input), input.next(), 2 * BlockLayout.BLOCK_LENGTH_MAX), size,
                    0 == input.next() ? null : OTHER_KEY);
                break;
            case 2:
                fork(isRaw ? raw(input) : padded(changed("flopmeter.org/ledger-fork@v1\nroot " +
                    HashText.of(TREE.root(old)) + '\n' + more(input) + lines(TREE.consistency(old, size)) + '\n' +
                    signed(old, 0 == input.next() ? TREE.root(old) : input.nextBytes(32)) + '\n' +
                    signed(size, TREE.root(size)), input), input.next(), 1 << 20), old, size);
                break;
            default:
                paths(input, size, old);
                break;
        }
    }

    /** More hashes than a proof may have, or none. */
    private static String more(final FuzzInput input)
    {
        return MANY == input.next() ? lines(Collections.nCopies(64, new byte[32])) : "";
    }

    /** The block that is in the tree, or one that is cut, too long, or damaged. */
    private static byte[] block(final FuzzInput input)
    {
        final int how = input.next();
        final byte[] block = Arrays.copyOf(BLOCK, 1 == how ? input.next() % BLOCK.length : 2 == how ?
            BLOCK.length + 1 + input.next() : BLOCK.length);
        if (3 == how)
        {
            block[input.next() % block.length] ^= 1;
        }
        return block;
    }

    private static String raw(final FuzzInput input)
    {
        return new String(input.rest(), StandardCharsets.UTF_8);
    }

    private static String lines(final List<byte[]> hashes)
    {
        final StringBuilder lines = new StringBuilder();
        hashes.forEach(hash -> lines.append(HashText.of(hash)).append('\n'));
        return lines.toString();
    }

    private static void request(final String text)
    {
        try
        {
            final byte[] encoded = AddCheckpoint.parse(text.getBytes(StandardCharsets.UTF_8)).encoded();
            if (!text.equals(new String(encoded, StandardCharsets.UTF_8)))
            {
                throw new AssertionError("two texts of one request: " + text);
            }
        }
        catch (final LedgerException ex)
        {
            requireMessage(ex);
        }
    }

    private static void entry(final String text, final int size, final NoteKey key)
    {
        try
        {
            final EntryProof proof = EntryProof.parse(text.getBytes(StandardCharsets.UTF_8));
            proof.entries(key);
            if (!Arrays.equals(BLOCK, proof.block()) && proof.checkpoint().size() == size &&
                Arrays.equals(proof.checkpoint().root(), TREE.root(size)))
            {
                throw new AssertionError("another block is proved: " + text);
            }
        }
        catch (final LedgerException ex)
        {
            requireMessage(ex);
        }
    }

    private static void fork(final String text, final int old, final int size)
    {
        try
        {
            final ForkProof proof = ForkProof.parse(text.getBytes(StandardCharsets.UTF_8));
            if (!text.equals(proof.text()))
            {
                throw new AssertionError("two texts of one proof: " + text);
            }
            proof.claim();
            final Checkpoint first = Checkpoint.parse(proof.first().text());
            final Checkpoint second = Checkpoint.parse(proof.second().text());
            if (second.size() == size && Arrays.equals(second.root(), TREE.root(size)) && first.size() <= size &&
                Arrays.equals(first.root(), TREE.root(first.size())))
            {
                throw new AssertionError("a fork of one history, " + old + ": " + text);
            }
        }
        catch (final LedgerException ex)
        {
            requireMessage(ex);
        }
    }

    /** Proofs that are right are taken, and with anything changed they are not. */
    private static void paths(final FuzzInput input, final int size, final int old)
    {
        final boolean isInclusion = 0 == (input.next() & 1);
        final int index = old % size;
        final List<byte[]> path =
            new ArrayList<>(isInclusion ? TREE.inclusion(index, size) : TREE.consistency(old, size));
        final byte[] root = TREE.root(size);
        boolean isRight = true;
        final int how = input.next() % 7;
        if (how > 4)
        {
            elsewhere(input, size, path);
            return;
        }
        switch (how)
        {
            case 1:
                isRight = path.isEmpty();
                if (!isRight)
                {
                    final byte[] hash = path.get(input.next() % path.size()).clone();
                    path.set(path.size() - 1, hash);
                    isRight = Arrays.equals(hash, (isInclusion ? TREE.inclusion(index, size) :
                        TREE.consistency(old, size)).get(path.size() - 1));
                }
                break;
            case 2:
                path.add(input.nextBytes(input.next() % 40));
                isRight = false;
                break;
            case 3:
                root[input.next() % 32] ^= 1;
                isRight = !isInclusion && 0 == old && size > 0;
                break;
            case 4:
                isRight = path.isEmpty();
                if (!isRight)
                {
                    path.remove(path.size() - 1);
                }
                break;
            default:
                break;
        }
        final boolean isTaken = isInclusion ?
            MerkleProof.isIncluded(TREE.leaf(index), index, size, root, path) :
            MerkleProof.isConsistent(old, TREE.root(old), size, root, path);
        if (isTaken != isRight)
        {
            throw new AssertionError((isInclusion ? "inclusion of " + index : "consistency of " + old) + " in " + size +
                (isTaken ? " is taken" : " is refused"));
        }
    }

    /** Numbers that the path is not of, and hashes that are none: whatever is said, it is said. */
    private static void elsewhere(final FuzzInput input, final int size, final List<byte[]> path)
    {
        if (!path.isEmpty() && 0 != (input.next() & 1))
        {
            path.set(input.next() % path.size(), new byte[input.next() % 40]);
        }
        if (0 != (input.next() & 1))
        {
            path.clear();
        }
        final long one = (byte)input.next();
        final long other = (byte)input.next();
        final byte[] nothing = new byte[32];
        if (MerkleProof.isIncluded(nothing, one, other, TREE.root(size), path) ||
            (0 != one && one != other && MerkleProof.isConsistent(one, nothing, other, TREE.root(size), path)))
        {
            throw new AssertionError("a hash of nothing is in the tree of " + size);
        }
    }

    private static void requireMessage(final LedgerException ex)
    {
        if (null == ex.getMessage() || ex.getMessage().isEmpty())
        {
            throw new AssertionError("refused without a word", ex);
        }
    }
}
