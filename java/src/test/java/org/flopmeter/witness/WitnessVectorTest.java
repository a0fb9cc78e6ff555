/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.witness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.flopmeter.ledger.Checkpoint;
import org.flopmeter.ledger.HashText;
import org.flopmeter.sign.Cosignature;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.VerifyingKey;
import org.junit.jupiter.api.Test;

/**
 * Requests and answers of other implementations: FiloSottile/torchwood (cmd/litewitness/testdata),
 * transparency-dev/witness (witness/witness_test.go), and the examples of c2sp.org/tlog-witness.
 */
class WitnessVectorTest
{
    private static final String ORIGIN =
        "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562";
    private static final String LOG_KEY = "ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f";
    private static final String ONE = ORIGIN + "\n1\nKgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\u2014 " + ORIGIN +
        " UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=\n";
    private static final String THREE_TEXT = ORIGIN + "\n3\nRcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=\n\n\u2014 " +
        ORIGIN + " UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6g";
    private static final String THREE = THREE_TEXT + "o=\n";
    private static final String THREE_BADLY_SIGNED = THREE_TEXT + "x=\n";
    private static final String FIVE = ORIGIN + "\n5\nQrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=\n\n\u2014 " +
        ORIGIN +
        " UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww=\n";
    private static final String FROM_ONE_TO_THREE = "old 1\nKgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" +
        "KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n";
    private static final String FROM_ONE_TO_FIVE = "old 1\nKgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" +
        "+fUDV+k970B4I3uKrqJM4aP1lloPZP8mvr2Z4wRw2LI=\nKgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n";
    private static final String FROM_THREE_TO_FIVE = "old 3\nKgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" +
        "KgMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nwgiIFdZfYNv6WU1OllBKsWnLYIS/DBMqt8Uh/S4OukE=\n" +
        "KgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n";

    private static final String HASH_LINE = "KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";

    private static final String MONKEYS = "monkeys+db4d9f7e+AULaJMvTtDLHPUcUrjdDad9vDlh/PTfC2VV60JUtCfWT";
    private static final String MONKEYS_PRIVATE =
        "PRIVATE+KEY+monkeys+db4d9f7e+ATWIAF3yVBG+Hv1rZFQoNt/BaURkLPtOFMAM2HrEeIr6";
    private static final String WITNESS = "witness+f13a86db+AdYV1Ztajd9BvyjP2HgpwrqYL6TjOwIjGMOq8Bu42xbN";
    private static final String WITNESS_PRIVATE =
        "PRIVATE+KEY+witness+f13a86db+AaLa/dfyBhyo/m0Z7WCi98ENVZWtrP8pxgRNrx7tIWiA";
    private static final String MONKEYS_FIVE =
        "monkeys\n5\n41smjBUiAU70EtKlT6lIOIYtRTYxYXsDB+XHfcvu/BE=\n\n\u2014 monkeys " +
        "202fftzGl3LVoqjXfwCFZZXs8I+5G22+Ek2K0AOyBuSJ/8/CZawNF+6fNlTKOCd622pbzJNkkJFWuw9DbicZCkEx9AY=\n";
    private static final String MONKEYS_EIGHT =
        "monkeys\n8\nV8K9aklZ4EPB+RMOk1/8VsJUdFZR77GDtZUQq84vSbo=\n\n\u2014 monkeys " +
        "202ffoUEboiQYpHzICeaFmoy3RNviHTpAxYrq/eO4QQVQMvu9UebKBMX2MJC76NLthZaKsnKbCA8GxrjePZhvDCH7Ag=\n";
    private static final List<String> MONKEYS_PROOF = List.of(
        "b9e1d62618f7fee8034e4c5010f727ab24d8e4705cb296c374bf2025a87a10d2",
        "aac66cd7a79ce4012d80762fe8eec3a77f22d1ca4145c3f4cee022e7efcd599d",
        "89d0f753f66a290c483b39cd5e9eafb12021293395fad3d4a2ad053cfbcfdc9e",
        "29e40bb79c966f4c6fe96aff6f30acfce5f3e8d84c02215175d6e018a5dee833");

    private static final String SUMDB = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
    private static final String SUMDB_CHECKPOINT = "go.sum database tree\n35225469\n" +
        "vt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n\n\u2014 sum.golang.org " +
        "Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2K" +
        "A2HgXpD+gu9HHONebHLAyaKbbTM75QTtPydhKCExixSfwQ=\n";

    private static final String C2SP_EXAMPLE = "old 20852014\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n" +
        "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n" +
        "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\nexample.com/behind-the-sofa\n20852163\n" +
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\u2014 example.com/behind-the-sofa " +
        "Az3grlgtzPICa5OS8npVmf1Myq/5IZn" +
        "iMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\u2014 example.com/behind-the-sofa " +
        "opLqBQsREYCgu6x" +
        "QkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n";

    private final MemoryWitness sigsum = new MemoryWitness(new NoteKey(ORIGIN, NoteKey.Type.ED25519,
        VerifyingKey.of(SignatureAlgorithm.ED25519, HexFormat.of().parseHex(LOG_KEY))).text() + '\n');

    /** The session of litewitness's test; what was 403 for an unknown log there is 404 in the specification now. */
    @Test
    void shouldAnswerAsLitewitnessDoes() throws IOException
    {
        assertEquals(WitnessAnswer.NOT_FOUND, status(sigsum.witness().checkpoint(Witness.originHash(ORIGIN))));
        assertCosigned("old 0\n\n" + ONE, 1);
        // Not the base64 of any bytes, strictly read; there that is overlooked, and the signature does not fit.
        assertEquals(400, status(add(FROM_ONE_TO_THREE + THREE_BADLY_SIGNED)));
        assertEquals(403, status(add(FROM_ONE_TO_THREE + THREE_BADLY_SIGNED.replace("6gx=", "6gw="))));
        assertEquals(404, status(add(FROM_ONE_TO_THREE + THREE.replace("9e562", "9e563"))));
        assertEquals(422, status(add("old 1\n\n" + THREE)));
        assertEquals(422, status(add(FROM_ONE_TO_THREE.replace("AAAAA=\n\n", "AAABA=\n\n") + THREE)));
        assertCosigned(FROM_ONE_TO_THREE + THREE, 3);
        assertConflict(FROM_ONE_TO_FIVE + FIVE, 3);
        assertCosigned(FROM_THREE_TO_FIVE + FIVE, 5);
        assertConflict("old 0\n\n" + FIVE, 5);
        assertEquals(3, sigsum.saves(), "only what was cosigned is remembered");
    }

    @Test
    void shouldAnswerAsTheOmniwitnessDoes()
    {
        final NoteSigner signer = NoteSigner.parse(WITNESS_PRIVATE);
        assertEquals(WITNESS, signer.noteKey().text());
        final MemoryWitness monkeys = new MemoryWitness(signer, MONKEYS, 7);
        final String proof = proof(5);
        assertEquals(200, status(post(monkeys, "old 0\n\n" + MONKEYS_FIVE)));
        assertEquals(200, status(post(monkeys, "old 5\n\n" + MONKEYS_FIVE)), "shown again");
        assertEquals(409, status(post(monkeys, proof.replace("old 5", "old 2") + MONKEYS_EIGHT)));
        final String otherRoot = signed("monkeys\n5\n//////////70EtKlT6lIOIYtRTYxYXsDB+XHfcvu/BE=\n");
        assertEquals(422, status(post(monkeys, "old 5\n\n" + otherRoot)), "the same size, another root");
        assertEquals(400, status(post(monkeys, "old 8\n\n" + MONKEYS_FIVE)));
        final WitnessAnswer answer = post(monkeys, proof + MONKEYS_EIGHT);
        assertEquals(200, answer.status(), () -> text(answer));
        final Note whole = Note.parse(bytes(MONKEYS_EIGHT + text(answer)));
        assertEquals(2, whole.verify(List.of(NoteKey.parse(MONKEYS), monkeys.witness().key())).size());

        final MemoryWitness fresh = new MemoryWitness(signer, MONKEYS, 7);
        assertEquals(422, status(post(fresh, proof(0) + MONKEYS_EIGHT)), "nothing is proved from nothing");
        final String empty = signed("monkeys\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
        assertEquals(200, status(post(fresh, "old 0\n\n" + empty)));
        final String wrong = signed("monkeys\n0\n41smjBUiAU70EtKlT6lIOIYtRTYxYXsDB+XHfcvu/BE=\n");
        assertEquals(422, status(post(fresh, "old 0\n\n" + wrong)), "the root of nothing is known");
        assertEquals(200, status(post(fresh, "old 0\n\n" + MONKEYS_FIVE)));
    }

    /** Its key has another name than its origin, which has spaces. */
    @Test
    void shouldWitnessTheGoChecksumDatabase()
    {
        final MemoryWitness sumdb = new MemoryWitness("# logs\n\n" + SUMDB + " go.sum database tree\n");
        assertEquals(200, status(post(sumdb, "old 0\n\n" + SUMDB_CHECKPOINT)));
        assertEquals(404, status(post(new MemoryWitness(SUMDB), "old 0\n\n" + SUMDB_CHECKPOINT)));
        assertEquals(200, status(sumdb.witness().checkpoint(Witness.originHash("go.sum database tree"))));
    }

    @Test
    void shouldReadTheExampleOfTheSpecification()
    {
        final AddCheckpoint request = AddCheckpoint.parse(bytes(C2SP_EXAMPLE));
        assertEquals(20_852_014, request.oldSize());
        assertEquals(4, request.proof().size());
        assertEquals(20_852_163, request.checkpoint().size());
        assertEquals(2, request.note().signatures().size());
        assertEquals(C2SP_EXAMPLE, new String(request.encoded(), StandardCharsets.UTF_8));
    }

    @Test
    void shouldRefuseWhatIsNoRequest()
    {
        for (final String body : List.of(
            "", "old 0\n", "old 0\n\n", "old 00\n\n" + ONE, "old -1\n\n" + ONE, "old  0\n\n" + ONE, "old 0 \n\n" + ONE,
            "Old 0\n\n" + ONE, "old 0\n" + ONE, "old 1000000000000000000\n\n" + ONE, "old 0\nAAAA\n\n" + ONE,
            FROM_ONE_TO_THREE.replace("AAA=", "AAB=") + THREE, "old 0\n\n" + ONE.replace("\n1\n", "\n01\n"),
            "old 1\n" + HASH_LINE.repeat(64) + "\n" + THREE,
            "old 0\n\n" + ONE.substring(0, ONE.length() - 1), "old 0\n\n" + ONE.replace("=\n\n", "=\n\n\n"),
            "old 0\n\n" + ONE.replace("=\n\n", "=\nmore\n\nstill more\n\n"),
            "old 0\n\n" + ONE + "x".repeat(AddCheckpoint.LENGTH_MAX)))
        {
            assertEquals(400, status(add(body)), body);
        }
        final byte[] notText = bytes("old 0\n\n" + ONE);
        notText[10] = (byte)0xff;
        assertEquals(400, sigsum.witness().add(notText).status());
        assertEquals(0, sigsum.saves());
        // 63 hashes are not too many: they only prove nothing.
        assertCosigned("old 0\n\n" + ONE, 1);
        assertEquals(422, status(add("old 1\n" + HASH_LINE.repeat(63) + "\n" + THREE)));
    }

    @Test
    void shouldKeepWhatItCosigned() throws IOException
    {
        assertCosigned("old 0\n\n" + ONE, 1);
        final byte[] before = sigsum.load(ORIGIN);
        sigsum.failWith(new IOException("the disk is full"));
        final WitnessAnswer answer = add(FROM_ONE_TO_THREE + THREE);
        assertEquals(WitnessAnswer.FAILED, answer.status());
        assertFalse(text(answer).contains("\u2014"), "a cosignature that is not remembered is none");
        assertEquals(before, sigsum.load(ORIGIN));
        sigsum.failWith(null);

        // What is damaged is never taken for nothing: that would cosign another history.
        sigsum.save(ORIGIN, bytes(ONE));
        assertEquals(WitnessAnswer.FAILED, status(add("old 0\n\n" + FIVE)));
        final byte[] flipped = before.clone();
        flipped[ORIGIN.length() + 1] ^= 1;
        sigsum.save(ORIGIN, flipped);
        assertEquals(WitnessAnswer.FAILED, status(add("old 0\n\n" + FIVE)));
        sigsum.save(ORIGIN, before);
        assertCosigned(FROM_ONE_TO_THREE + THREE, 3);
    }

    @Test
    void shouldNeverSetATimeBack()
    {
        final long[] now = { 50 };
        final MemoryWitness store = new MemoryWitness(MONKEYS);
        final TrustedLogs logs = TrustedLogs.parse(MONKEYS);
        final Witness witness = new Witness(NoteSigner.parse(WITNESS_PRIVATE), () -> logs, store, () -> now[0]);
        assertEquals(50, time(witness, "old 0\n\n" + MONKEYS_FIVE));
        now[0] = 20;
        assertEquals(50, time(witness, proof(5) + MONKEYS_EIGHT));
        now[0] = 51;
        assertEquals(51, time(witness, "old 8\n\n" + MONKEYS_EIGHT));
        now[0] = 0;
        final Witness fresh = new Witness(
            NoteSigner.parse(WITNESS_PRIVATE), () -> logs, new MemoryWitness(MONKEYS), () -> now[0]);
        assertNotEquals(0, time(fresh, "old 0\n\n" + MONKEYS_FIVE), "a time of 0 says that there is none");
    }

    private static long time(final Witness witness, final String body)
    {
        final WitnessAnswer answer = witness.add(bytes(body));
        final Note note = Note.parse(bytes(MONKEYS_FIVE + text(answer)));
        return Cosignature.of(note.signatures().get(1)).timeSeconds();
    }

    private void assertCosigned(final String body, final long size)
    {
        final WitnessAnswer answer = add(body);
        assertEquals(200, answer.status(), () -> text(answer));
        assertTrue(text(answer).startsWith("\u2014 witness.example/w1 "), text(answer));
        final Note kept = Note.parse(sigsum.witness().checkpoint(Witness.originHash(ORIGIN)).body());
        assertEquals(size, Checkpoint.parse(kept.text()).size());
        assertNotNull(kept.verify(List.of(sigsum.witness().key())));
        assertTrue(new String(kept.encoded(), StandardCharsets.UTF_8).endsWith(text(answer)));
    }

    private void assertConflict(final String body, final long size)
    {
        final WitnessAnswer answer = add(body);
        assertEquals(409, answer.status());
        assertEquals("text/x.tlog.size", answer.contentType());
        assertEquals(size + "\n", text(answer));
    }

    private static String proof(final long oldSize)
    {
        final StringBuilder proof = new StringBuilder("old " + oldSize + "\n");
        MONKEYS_PROOF.forEach(hash -> proof.append(
            HashText.of(HexFormat.of().parseHex(hash))).append('\n'));
        return proof.append('\n').toString();
    }

    private static String signed(final String text)
    {
        return new String(new Note(text, List.of(NoteSigner.parse(MONKEYS_PRIVATE).sign(text))).encoded(),
            StandardCharsets.UTF_8);
    }

    private WitnessAnswer add(final String body)
    {
        return post(sigsum, body);
    }

    private static WitnessAnswer post(final MemoryWitness to, final String body)
    {
        return to.witness().add(bytes(body));
    }

    private static int status(final WitnessAnswer answer)
    {
        return answer.status();
    }

    private static String text(final WitnessAnswer answer)
    {
        return new String(answer.body(), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(final String text)
    {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
