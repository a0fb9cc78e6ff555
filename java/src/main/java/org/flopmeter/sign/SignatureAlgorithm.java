/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sign;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Algorithms of keys, each with the byte that stands for it in key texts. One that isn't here is refused by name, so
 * that a file of a later version (ML-DSA) is never mistaken for a damaged one.
 */
public enum SignatureAlgorithm
{
    /** RFC 8032; the byte is the one that C2SP signed notes assign. */
    ED25519("Ed25519", 0x01, 32, 32, 64, "302a300506032b6570032100", "302e020100300506032b657004220420");

    private final String javaName;
    private final int id;
    private final int publicLength;
    private final int privateLength;
    private final int signatureLength;
    private final byte[] x509Prefix;
    private final byte[] pkcs8Prefix;

    SignatureAlgorithm(
        final String javaName, final int id, final int publicLength, final int privateLength,
        final int signatureLength, final String x509Prefix, final String pkcs8Prefix)
    {
        this.javaName = javaName;
        this.id = id;
        this.publicLength = publicLength;
        this.privateLength = privateLength;
        this.signatureLength = signatureLength;
        this.x509Prefix = HexFormat.of().parseHex(x509Prefix);
        this.pkcs8Prefix = HexFormat.of().parseHex(pkcs8Prefix);
    }

    /** The algorithm of that byte; a {@link SigningException} when this version knows none. */
    public static SignatureAlgorithm of(final int id)
    {
        for (final SignatureAlgorithm algorithm : values())
        {
            if (algorithm.id == id)
            {
                return algorithm;
            }
        }
        throw new SigningException(String.format(
            "signature algorithm 0x%02x is unknown; this version knows %s", id, List.of(values())));
    }

    public int id()
    {
        return id;
    }

    /** Bytes of a public key as RFC 8032 writes it. */
    public int publicLength()
    {
        return publicLength;
    }

    /** Bytes of the secret that a private key is made of. */
    public int privateLength()
    {
        return privateLength;
    }

    public int signatureLength()
    {
        return signatureLength;
    }

    String javaName()
    {
        return javaName;
    }

    byte[] x509(final byte[] publicKey)
    {
        return Bytes.join(x509Prefix, publicKey);
    }

    byte[] pkcs8(final byte[] secret)
    {
        return Bytes.join(pkcs8Prefix, secret);
    }

    /** The public key inside an X.509 encoding, or null when that is of another algorithm. */
    byte[] publicKeyIn(final byte[] x509)
    {
        return inside(x509, x509Prefix, publicLength);
    }

    /** The secret inside a PKCS#8 encoding, or null when that is of another algorithm or version. */
    byte[] secretIn(final byte[] pkcs8)
    {
        return inside(pkcs8, pkcs8Prefix, privateLength);
    }

    private static byte[] inside(final byte[] encoded, final byte[] prefix, final int length)
    {
        final boolean isThis = encoded.length == prefix.length + length &&
            Arrays.equals(encoded, 0, prefix.length, prefix, 0, prefix.length);
        return isThis ? Arrays.copyOfRange(encoded, prefix.length, encoded.length) : null;
    }
}
