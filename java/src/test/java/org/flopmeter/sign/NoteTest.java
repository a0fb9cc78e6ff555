/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sign;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.flopmeter.sign.SigningKeyTest.assertRefused;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Vectors: c2sp.org/signed-note, c2sp.org/tlog-cosignature and the tests of golang.org/x/mod/sumdb/note. */
class NoteTest
{
    private static final String PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    private static final String PETER_PRIVATE =
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    private static final String ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
    private static final String TEXT =
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    private static final String PETER_LINE = "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUg" +
        "YN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    private static final String ENOCH_LINE = "\u2014 EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+" +
        "vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";
    private static final String WITNESSED = "example.com/behind-the-sofa\n20852163\n" +
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" +
        "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9n" +
        "To+zyWE+xeMcTOAYQ8=\n\u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OW" +
        "XEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

    @Test
    void shouldReadAndWriteThePublishedKeys()
    {
        final NoteKey peter = NoteKey.parse(PETER);
        assertEquals(PETER, peter.text());
        assertEquals(0xc74f20a3, peter.hash());
        assertEquals("PeterNeumann+c74f20a3", peter.toString());
        final NoteSigner signer = NoteSigner.parse(PETER_PRIVATE);
        assertEquals(peter, signer.noteKey());
        assertEquals(PETER_PRIVATE, signer.text());
        assertFalse(signer.toString().contains("AYEKFALVFGyN"), "a secret is not for messages");
        assertEquals("private key PeterNeumann+c74f20a3", signer.toString());
        assertEquals("PeterNeumann", signer.name());
        assertEquals(1, NoteKey.Type.ED25519.id());
        assertEquals(4, NoteKey.Type.COSIGNATURE.id());
        assertEquals(ENOCH, NoteKey.parse(ENOCH).text());
    }

    /** Every part of a key and every key with one character changed, as the tests of the Go package do. */
    @Test
    void shouldRefuseMangledKeys()
    {
        for (int begin = 0; begin <= PETER_PRIVATE.length(); begin++)
        {
            for (int end = begin; end <= PETER_PRIVATE.length(); end++)
            {
                final String part = PETER_PRIVATE.substring(begin, end);
                if (!part.equals(PETER_PRIVATE))
                {
                    assertThrows(SigningException.class, () -> NoteSigner.parse(part), part);
                }
                if (end <= PETER.length() && (begin > 0 || end < PETER.length()))
                {
                    final String other = PETER.substring(begin, end);
                    assertThrows(SigningException.class, () -> NoteKey.parse(other), other);
                }
            }
        }
        for (int i = 0; i < PETER_PRIVATE.length(); i++)
        {
            final StringBuilder mangled = new StringBuilder(PETER_PRIVATE);
            mangled.setCharAt(i, (char)(mangled.charAt(i) + 1));
            final String message = assertThrows(
                SigningException.class, () -> NoteSigner.parse(mangled.toString())).getMessage();
            assertFalse(message.contains("FALVFGyNhPJEMzD1"), message);
        }
        for (int i = 0; i < PETER.length(); i++)
        {
            final StringBuilder mangled = new StringBuilder(PETER);
            mangled.setCharAt(i, (char)(mangled.charAt(i) + 1));
            assertThrows(SigningException.class, () -> NoteKey.parse(mangled.toString()));
        }
        assertRefused("not 35", () -> NoteKey.parse(
            "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=="
                .replace("BADKEY==", "BADK")));
        assertRefused("type 0x65 is unknown",
            () -> NoteKey.parse("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"));
        assertRefused("algorithm 0x02 is unknown", () -> NoteSigner.parse(
            "PRIVATE+KEY+PeterNeumann+c74f20a3+AoEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"));
        for (final String name : List.of("", "a b", "a+b", "a\tb", "a\u00a0b", "a\u2028b", "a\u0001", "\ud800"))
        {
            assertRefused("key name", () -> Keys.signer(name, 1));
        }
        assertTrue(NoteKey.isName("example.com/\u6ce8"));
        assertFalse(NoteKey.isName("a".repeat(257)));
        assertTrue(NoteKey.isName("a".repeat(256)));
        assertRefused("key name \"a b\"", () -> new NoteKey("a b", NoteKey.Type.ED25519, Keys.key(1).verifyingKey()));
        assertRefused("key name \"a b\"", () -> new NoteSignature("a b", 0, new byte[1]));
    }

    @Test
    void shouldWriteThePublishedNote()
    {
        final NoteSigner signer = NoteSigner.parse(PETER_PRIVATE);
        final Note note = new Note(TEXT, List.of(signer.sign(TEXT)));
        assertEquals(TEXT + '\n' + PETER_LINE, new String(note.encoded(), StandardCharsets.UTF_8));
        assertEquals(note, note.with(signer.sign(TEXT)), "one signature a key");
        final Note more = note.with(note(TEXT + '\n' + ENOCH_LINE).signatures().get(0));
        assertEquals(TEXT + '\n' + PETER_LINE + ENOCH_LINE, new String(more.encoded(), StandardCharsets.UTF_8));
        final NoteSignature line = note.signatures().get(0);
        assertEquals(line.hashCode(), signer.sign(TEXT).hashCode());
        assertNotEquals(line.hashCode(), more.signatures().get(1).hashCode());
        assertEquals(Set.of(NoteKey.parse(PETER)), note.verify(List.of(NoteKey.parse(PETER))).keySet());
    }

    @Test
    void shouldTellSignaturesOfKnownKeysFromOthers()
    {
        final NoteKey peter = NoteKey.parse(PETER);
        final NoteKey enoch = NoteKey.parse(ENOCH);
        final Note both = note(TEXT + '\n' + PETER_LINE + ENOCH_LINE + PETER_LINE);
        assertEquals(TEXT, both.text());
        assertEquals(3, both.signatures().size());
        assertEquals(Set.of(peter), both.verify(List.of(peter)).keySet());
        assertEquals(List.of(peter, enoch), List.copyOf(both.verify(List.of(enoch, peter)).keySet()));
        assertRefused("no signature of a known key", () -> both.verify(List.of()));
        assertRefused("no signature of a known key", () -> both.verify(List.of(Keys.signer("Other", 1).noteKey())));
        assertRefused("no signature of a known key", () -> both.verify(List.of(
            new NoteKey("PeterNeumann", NoteKey.Type.ED25519, enoch.key()))));

        final Note altered = note(TEXT.replace("think", "drink") + '\n' + PETER_LINE + ENOCH_LINE);
        assertRefused("signature of PeterNeumann+c74f20a3 does not fit", () -> altered.verify(List.of(peter)));
        final Note other = note(TEXT + '\n' + ENOCH_LINE + PETER_LINE.replace("ZJkuBS", "ZJkuBT"));
        assertRefused("does not fit", () -> other.verify(List.of(enoch, peter)));
        assertEquals(Set.of(enoch), other.verify(List.of(enoch)).keySet());
    }

    @Test
    void shouldRefuseWhatIsNoNote()
    {
        final String good = TEXT + '\n' + PETER_LINE;
        for (final String bad : List.of(
            "", "\n", "\n\n", TEXT, TEXT + '\n', good.substring(0, good.length() - 1), '\u0001' + good,
            '\t' + good, good.replace("\n", "\r\n"), good + "Unexpected line.\n", good + '\n',
            TEXT + "\n\u2014 Bad Name x08go/ZJkuBS9UG/Sffc\n", TEXT + "\n\u2014 Name\n", TEXT + "\n\u2014 Name \n",
            TEXT + "\n- Name AAAAAAA=\n", TEXT + "\n\u2014 Name AAAAAA==\n", TEXT + "\n\u2014 Name AAAAAAB=\n",
            TEXT + "\n\u2014 Name AAAAAAA\n", TEXT + "\n\u2014 a+b AAAAAAA=\n", TEXT + "\n\u2014  AAAAAAA=\n",
            TEXT + '\n' + PETER_LINE.repeat(101)))
        {
            assertRefused("not a signed note", () -> note(bad));
        }
        assertEquals(100, note(TEXT + '\n' + PETER_LINE.repeat(100)).signatures().size());
        assertEquals(1, note(TEXT + "\n\u2014 Name AAAAAAA=\n").signatures().size());
        final byte[] utf8 = good.getBytes(StandardCharsets.UTF_8);
        utf8[3] = (byte)0xff;
        assertRefused("UTF-8", () -> Note.parse(utf8));
        assertRefused("at most", () -> Note.parse(new byte[Note.LENGTH_MAX + 1]));
        final String tail = "\n\n" + PETER_LINE;
        final int rest = Note.LENGTH_MAX - tail.getBytes(StandardCharsets.UTF_8).length;
        assertEquals(rest + 1, note("a".repeat(rest) + tail).text().length(), "as long as a note may be");
        assertRefused("at most", () -> note("a".repeat(rest + 1) + tail));
        assertEquals("\n", note("\n\n" + PETER_LINE).text(), "an empty line is text");
        assertRefused("newline at its end", () -> Keys.signer("a", 1).sign("abc"));
        assertRefused("newline at its end", () -> Keys.signer("a", 1).cosign("abc", 1));
        assertRefused("signature lines", () -> new Note(TEXT, List.of()));
    }

    @Test
    void shouldReadThePublishedCosignature()
    {
        final Note note = note(WITNESSED);
        assertEquals(WITNESSED, new String(note.encoded(), StandardCharsets.UTF_8));
        assertEquals("witness.example.com/w1", note.signatures().get(1).name());
        assertEquals(1679315147L, Cosignature.of(note.signatures().get(1)).timeSeconds());
        assertEquals(null, Cosignature.of(note.signatures().get(0)));
        assertEquals("cosignature/v1\ntime 1679315147\n" + note.text(),
            new String(Cosignature.message(1679315147L, note.text()), StandardCharsets.UTF_8));
    }

    @Test
    void shouldCosignWithATimeThatIsCovered()
    {
        final NoteSigner witness = Keys.signer("witness.example.com/w1", 7);
        final NoteSignature line = witness.cosign(TEXT, 1679315147L);
        final Note note = new Note(TEXT, List.of(line));
        assertTrue(witness.witnessKey().verify(TEXT, line));
        assertEquals(line, note.verify(List.of(witness.witnessKey())).get(witness.witnessKey()));
        assertEquals(NoteKey.parse(witness.witnessKey().text()), witness.witnessKey());
        assertNotEquals(witness.noteKey().hash(), witness.witnessKey().hash());
        assertFalse(witness.noteKey().verify(TEXT, line), "another type of signature");

        final byte[] later = line.signature();
        later[7]++;
        final NoteSignature moved = new NoteSignature(line.name(), line.hash(), later);
        assertFalse(witness.witnessKey().verify(TEXT, moved), "a time that was altered");
        assertNotEquals(line, moved);
        later[0] = (byte)0x80;
        assertEquals(null, Cosignature.of(new NoteSignature(line.name(), line.hash(), later)));
        assertRefused("below 0", () -> witness.cosign(TEXT, -1));
        assertEquals(0, Cosignature.of(witness.cosign(TEXT, 0)).timeSeconds(), "the first second is one");
        assertArrayEquals(line.signature(), note.signatures().get(0).signature());
    }

    private static Note note(final String text)
    {
        return Note.parse(text.getBytes(StandardCharsets.UTF_8));
    }
}
