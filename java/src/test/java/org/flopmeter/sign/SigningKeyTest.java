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

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class SigningKeyTest
{
    private static final SignatureAlgorithm ED25519 = SignatureAlgorithm.ED25519;
    private static final BigInteger GROUP_ORDER =
        BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));

    /** RFC 8032 section 7.1: secret, public key, message, signature. */
    private static final List<String[]> VECTORS = List.of(
        new String[]{
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b" +
                "d25bf5f0595bbe24655141438e7a100b" },
        new String[]{
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c" +
                "387b2eaeb4302aeeb00d291612bb0c00" },
        new String[]{
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659" +
                "4a7c15e9716ed28dc027beceea1ec40a" },
        new String[]{
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd" +
                "454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030" +
                "3dca179c138ac17ad9bef1177331a704" });

    @Test
    void shouldSignAndVerifyAsTheStandardDoes()
    {
        for (final String[] vector : VECTORS)
        {
            final SigningKey key = SigningKey.of(ED25519, hex(vector[0]));
            assertArrayEquals(hex(vector[1]), key.verifyingKey().raw());
            assertArrayEquals(hex(vector[3]), key.sign(hex(vector[2])));
            final VerifyingKey verifyingKey = VerifyingKey.of(ED25519, hex(vector[1]));
            assertTrue(verifyingKey.verify(hex(vector[2]), hex(vector[3])));
            assertEquals(key.verifyingKey(), verifyingKey);
            assertEquals(key.verifyingKey().hashCode(), verifyingKey.hashCode());
        }
    }

    /** The canary: each of these differs from a good signature in one bit, length or multiple of the order. */
    @Test
    void shouldTakeNoOtherSignature()
    {
        final byte[] message = "a message".getBytes(StandardCharsets.UTF_8);
        final SigningKey key = Keys.key(1);
        final byte[] signature = key.sign(message);
        for (int bit = 0; bit < Byte.SIZE * signature.length; bit += 7)
        {
            final byte[] altered = signature.clone();
            altered[bit / 8] ^= (byte)(1 << bit % 8);
            assertFalse(key.verifyingKey().verify(message, altered), "bit " + bit);
        }
        assertFalse(key.verifyingKey().verify("a massage".getBytes(StandardCharsets.UTF_8), signature));
        assertFalse(Keys.key(2).verifyingKey().verify(message, signature));
        assertFalse(key.verifyingKey().verify(message, Arrays.copyOf(signature, 63)));
        assertFalse(key.verifyingKey().verify(message, Arrays.copyOf(signature, 65)));
        assertFalse(key.verifyingKey().verify(message, new byte[0]));
        final byte[] again = withLargerScalar(signature);
        assertFalse(key.verifyingKey().verify(message, again), "S + L is a second spelling of S");
        assertTrue(key.verifyingKey().verify(message, signature));
    }

    @Test
    void shouldRefuseKeysThatAreNone()
    {
        for (final int length : new int[]{ 0, 31, 33, 64 })
        {
            assertThrows(SigningException.class, () -> VerifyingKey.of(ED25519, new byte[length]));
            assertThrows(SigningException.class, () -> SigningKey.of(ED25519, new byte[length]));
        }
        for (final String weak : List.of(
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000080",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000080",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"))
        {
            assertRefused("small order", () -> VerifyingKey.of(ED25519, hex(weak)));
        }
        assertRefused("not reduced", () -> VerifyingKey.of(ED25519, hex("ed" + "ff".repeat(30) + "7f")));
        assertRefused("not reduced", () -> VerifyingKey.of(ED25519, hex("ff".repeat(32))));
        assertRefused("not a public key", () -> VerifyingKey.of(ED25519, hex("02" + "00".repeat(31))));
        assertRefused("another algorithm", () -> VerifyingKey.ofX509(new byte[44]));
        assertRefused("0x06 is unknown", () -> SignatureAlgorithm.of(6));
    }

    @Test
    void shouldShareKeysWithTheJdk() throws Exception
    {
        final var pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        final VerifyingKey key = VerifyingKey.ofX509(pair.getPublic().getEncoded());
        assertArrayEquals(pair.getPublic().getEncoded(), key.x509());
        assertEquals(HexFormat.of().formatHex(
            MessageDigest.getInstance("SHA-256").digest(pair.getPublic().getEncoded())), key.fingerprint());
        final byte[] message = { 1, 2, 3 };
        assertTrue(key.verify(message, signedByJdk(pair.getPrivate(), message)));
        final SigningKey same = SigningKey.of(ED25519, lastBytes(pair.getPrivate().getEncoded()));
        assertEquals(key, same.verifyingKey());
        assertArrayEquals(signedByJdk(pair.getPrivate(), message), same.sign(message));
    }

    @Test
    void shouldGenerateAnotherKeyEachTime()
    {
        final SigningKey one = SigningKey.generate(ED25519);
        final SigningKey other = SigningKey.generate(ED25519);
        assertNotEquals(one.verifyingKey(), other.verifyingKey());
        assertNotEquals(one.verifyingKey().fingerprint(), other.verifyingKey().fingerprint());
        assertEquals("private key of ED25519 " + one.verifyingKey().fingerprint(), one.toString());
        assertFalse(one.verifyingKey().equals(null));
        assertNotEquals(Keys.key(1).verifyingKey().hashCode(), Keys.key(2).verifyingKey().hashCode());
    }

    /** PKCS#8 of this algorithm ends with the secret. */
    private static byte[] lastBytes(final byte[] pkcs8)
    {
        return Arrays.copyOfRange(pkcs8, pkcs8.length - 32, pkcs8.length);
    }

    private static byte[] signedByJdk(final PrivateKey key, final byte[] message) throws Exception
    {
        final Signature signer = Signature.getInstance("Ed25519");
        signer.initSign(key);
        signer.update(message);
        return signer.sign();
    }

    private static byte[] withLargerScalar(final byte[] signature)
    {
        final byte[] bigEndian = new byte[32];
        for (int i = 0; i < 32; i++)
        {
            bigEndian[i] = signature[63 - i];
        }
        final byte[] larger = new BigInteger(1, bigEndian).add(GROUP_ORDER).toByteArray();
        final byte[] altered = Arrays.copyOf(signature, 64);
        for (int i = 0; i < 32; i++)
        {
            altered[32 + i] = i < larger.length ? larger[larger.length - 1 - i] : 0;
        }
        return altered;
    }

    private static byte[] hex(final String digits)
    {
        return HexFormat.of().parseHex(digits);
    }

    static void assertRefused(final String words, final Runnable step)
    {
        final String message = assertThrows(SigningException.class, step::run).getMessage();
        assertTrue(message.contains(words), message);
        assertFalse(message.contains("\n"), message);
    }
}
