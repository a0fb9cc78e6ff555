/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sampler;

import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * SHA-256 by OpenSSL's libcrypto, where the machine has one: it uses the processor's instructions for it. The meter's
 * JVM is started with the quick compiler only, whose SHA-256 is several times slower. One thread.
 */
public final class NativeSha256 implements AutoCloseable
{
    private static final String[] NAMES = { "libcrypto.so.3", "libcrypto.so.1.1", "crypto" };
    /** SHA256_CTX is 112 bytes in every version. */
    private static final int CONTEXT_LENGTH = 256;
    private static final int DIGEST_LENGTH = 32;
    private static final String DIGEST_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    private final Crypto crypto;
    private final Memory context = new Memory(CONTEXT_LENGTH);

    private NativeSha256(final Crypto crypto)
    {
        this.crypto = crypto;
        require(crypto.SHA256_Init(context));
    }

    /** Null when there is no libcrypto, or none that hashes as it should. */
    public static NativeSha256 open()
    {
        return null == Loaded.CRYPTO ? null : new NativeSha256(Loaded.CRYPTO);
    }

    /** Add all that a direct buffer holds. */
    public void update(final ByteBuffer buffer)
    {
        require(crypto.SHA256_Update(context, Native.getDirectBufferPointer(buffer).share(buffer.position()),
            new NativeLong(buffer.remaining())));
        buffer.position(buffer.limit());
    }

    /** The digest of all that was added; nothing can be added behind it. */
    public byte[] digest()
    {
        try (Memory digest = new Memory(DIGEST_LENGTH))
        {
            require(crypto.SHA256_Final(digest, context));
            return digest.getByteArray(0, DIGEST_LENGTH);
        }
    }

    @Override
    public void close()
    {
        context.close();
    }

    private static void require(final int rc)
    {
        if (1 != rc)
        {
            throw new IllegalStateException("libcrypto: SHA-256 failed");
        }
    }

    /** OpenSSL's functions, by their names. Public because JNA implements it by reflection. */
    public interface Crypto extends Library
    {
        int SHA256_Init(Pointer context);

        int SHA256_Update(Pointer context, Pointer bytes, NativeLong length);

        int SHA256_Final(Pointer digest, Pointer context);
    }

    /** Looked for once. */
    private static final class Loaded
    {
        static final Crypto CRYPTO = Arrays.stream(NAMES).map(Loaded::load)
            .filter(crypto -> null != crypto && isRight(crypto)).findFirst().orElse(null);

        private static Crypto load(final String name)
        {
            try
            {
                return Native.load(name, Crypto.class);
            }
            catch (final LinkageError absent)
            {
                return null;
            }
        }

        private static boolean isRight(final Crypto crypto)
        {
            try (NativeSha256 sha256 = new NativeSha256(crypto))
            {
                final byte[] abc = "abc".getBytes(StandardCharsets.US_ASCII);
                sha256.update(ByteBuffer.allocateDirect(abc.length).put(abc).flip());
                return DIGEST_OF_ABC.equals(HexFormat.of().formatHex(sha256.digest()));
            }
            catch (final LinkageError | IllegalStateException other)
            {
                return false;
            }
        }
    }
}
