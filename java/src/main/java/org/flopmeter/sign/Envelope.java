/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sign;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;

/**
 * A signed document: DSSE v1 (github.com/secure-systems-lab/dsse). What is signed are the exact bytes of the payload
 * together with its type. Who signed is known after {@link #signers} only: key ids are hints that anybody can write.
 */
public final class Envelope
{
    /** More signatures than any quorum needs; each costs a millisecond a key. */
    public static final int SIGNATURE_COUNT_MAX = 64;

    private final String payloadType;
    private final byte[] payload;
    private final List<Entry> entries;

    private Envelope(final String payloadType, final byte[] payload, final List<Entry> entries)
    {
        if (entries.size() > SIGNATURE_COUNT_MAX)
        {
            throw malformed("at most " + SIGNATURE_COUNT_MAX + " signatures");
        }
        this.payloadType = payloadType;
        this.payload = payload;
        this.entries = entries;
    }

    private record Entry(String keyId, byte[] signature)
    {
    }

    /** An envelope that nobody has signed yet. */
    public static Envelope of(final String payloadType, final byte[] payload)
    {
        return new Envelope(payloadType, payload.clone(), List.of());
    }

    /** The envelope of a JSON text; a {@link SigningException} when it is none. Unknown members are ignored. */
    public static Envelope parse(final byte[] utf8)
    {
        try
        {
            final JsonView root = JsonView.root(StrictJson.read(utf8)).object();
            final List<Entry> entries = new ArrayList<>();
            for (final JsonView element : root.member("signatures").elements())
            {
                final JsonView keyId = element.optional("keyid");
                entries.add(new Entry(null == keyId ? null : keyId.string(), base64(element.member("sig"))));
            }
            return new Envelope(root.member("payloadType").string(), base64(root.member("payload")), entries);
        }
        catch (final JsonFormatException ex)
        {
            throw malformed(ex.getMessage());
        }
    }

    /** DSSE's pre-authentication encoding: the bytes that a signature covers. */
    public static byte[] preAuthenticationEncoding(final String payloadType, final byte[] payload)
    {
        final byte[] type = Bytes.utf8(payloadType);
        return Bytes.join(
            Bytes.utf8("DSSEv1 " + type.length + ' '), type, Bytes.utf8(" " + payload.length + ' '), payload);
    }

    /** The envelope with one more signature, if that key hasn't signed it yet. */
    public Envelope signedBy(final SigningKey key)
    {
        if (!signers(List.of(key.verifyingKey())).isEmpty())
        {
            return this;
        }
        final List<Entry> more = new ArrayList<>(entries);
        more.add(new Entry(
            key.verifyingKey().fingerprint(), key.sign(preAuthenticationEncoding(payloadType, payload))));
        return new Envelope(payloadType, payload, more);
    }

    /** Those of the given keys that did sign, each once, however many signatures there are. */
    public Set<VerifyingKey> signers(final Collection<VerifyingKey> keys)
    {
        final byte[] message = preAuthenticationEncoding(payloadType, payload);
        final Set<VerifyingKey> signers = new LinkedHashSet<>();
        for (final VerifyingKey key : keys)
        {
            if (!signers.contains(key) && entries.stream().anyMatch(entry -> key.verify(message, entry.signature)))
            {
                signers.add(key);
            }
        }
        return signers;
    }

    public String payloadType()
    {
        return payloadType;
    }

    /** The exact bytes that were signed. */
    public byte[] payload()
    {
        return payload.clone();
    }

    public int signatureCount()
    {
        return entries.size();
    }

    /** The envelope as JSON, a signature a line. */
    public byte[] encoded()
    {
        final StringBuilder json = new StringBuilder("{\"payloadType\": ").append(quoted(payloadType))
            .append(",\n \"payload\": ").append(quoted(Bytes.base64(payload))).append(",\n \"signatures\": [");
        String separator = "\n  {";
        for (final Entry entry : entries)
        {
            json.append(separator);
            if (null != entry.keyId)
            {
                json.append("\"keyid\": ").append(quoted(entry.keyId)).append(", ");
            }
            json.append("\"sig\": ").append(quoted(Bytes.base64(entry.signature))).append('}');
            separator = ",\n  {";
        }
        return Bytes.utf8(json.append("]}\n").toString());
    }

    private static byte[] base64(final JsonView view)
    {
        final byte[] bytes = Bytes.ofEitherBase64(view.string());
        if (null == bytes)
        {
            throw view.wrong("base64 with padding");
        }
        return bytes;
    }

    private static String quoted(final String text)
    {
        final StringBuilder quoted = new StringBuilder("\"");
        for (final char c : text.toCharArray())
        {
            if ('"' == c || '\\' == c)
            {
                quoted.append('\\').append(c);
            }
            else if (c < ' ' || Character.isSurrogate(c))
            {
                quoted.append(String.format("\\u%04x", (int)c));
            }
            else
            {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    private static SigningException malformed(final String what)
    {
        return new SigningException("not a DSSE envelope: " + what);
    }
}
