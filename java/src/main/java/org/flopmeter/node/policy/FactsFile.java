/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.policy;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.flopmeter.assess.Facts;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.json.StrictYaml;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.text.Printable;
import org.flopmeter.sign.Envelope;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.SigningException;

/** Files that {@code assess} reads, strictly: YAML by the end of the name, JSON otherwise, signed or not. */
public final class FactsFile
{
    /** DSSE payload types of facts: what a signature over them means. */
    static final String PAYLOAD_JSON = "application/vnd.flopmeter.assessment-facts+json";
    static final String PAYLOAD_YAML = "application/vnd.flopmeter.assessment-facts+yaml";

    private static final int LENGTH_MAX = 4 << 20;

    /** @param yaml knows the lines of paths; null for JSON. */
    public record Document<T>(T value, StrictYaml yaml)
    {
    }

    private FactsFile()
    {
    }

    /** Facts that are signed count as far as the keys go that the user gives: a signature of nobody is none. */
    public static Document<Facts> read(final Path file, final List<NoteKey> keys)
    {
        final byte[] utf8 = bytes(file);
        final boolean isSigned = !isYaml(file) && DocumentFiles.accepted(file.toString(),
            () -> JsonView.root(StrictJson.read(utf8)).object().has("payloadType"));
        if (!isSigned && keys.isEmpty())
        {
            return document(file, utf8, isYaml(file), Facts::read);
        }
        if (!isSigned || keys.isEmpty())
        {
            throw new UsageException(file + (isSigned ?
                ": signed facts: expected --facts-key with who must have signed" :
                ": expected signed facts (flopmeter policy sign), because of --facts-key"));
        }
        final Envelope envelope = envelope(file, utf8);
        for (final NoteKey key : keys)
        {
            if (envelope.signers(List.of(key.key())).isEmpty())
            {
                throw new UsageException(file + ": " + key.name() + " did not sign these facts");
            }
        }
        return document(file, envelope.payload(), PAYLOAD_YAML.equals(envelope.payloadType()), Facts::read);
    }

    /** An unsigned document: YAML by the end of the name, JSON otherwise. */
    public static <T> Document<T> read(final Path file, final Function<JsonView, T> reader)
    {
        return document(file, bytes(file), isYaml(file), reader);
    }

    private static Envelope envelope(final Path file, final byte[] utf8)
    {
        try
        {
            final Envelope envelope = Envelope.parse(utf8);
            if (!List.of(PAYLOAD_JSON, PAYLOAD_YAML).contains(envelope.payloadType()))
            {
                throw new UsageException(file + ": expected signed facts, found " +
                    Printable.of(envelope.payloadType()));
            }
            return envelope;
        }
        catch (final SigningException ex)
        {
            throw new UsageException(file + ": " + ex.getMessage());
        }
    }

    /** Refuses bytes that are no facts: nobody should sign such. */
    static void check(final Path file, final byte[] utf8, final boolean isYaml)
    {
        document(file, utf8, isYaml, Facts::read);
    }

    static boolean isYaml(final Path file)
    {
        final String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".yaml") || name.endsWith(".yml");
    }

    private static byte[] bytes(final Path file)
    {
        return DocumentFiles.bytes(file, LENGTH_MAX);
    }

    private static <T> Document<T> document(
        final Path file, final byte[] utf8, final boolean isYaml, final Function<JsonView, T> reader)
    {
        try
        {
            if (!isYaml)
            {
                return new Document<>(reader.apply(JsonView.root(StrictJson.read(utf8)).object()), null);
            }
            final StrictYaml yaml = StrictYaml.read(utf8);
            return new Document<>(
                yaml.located(() -> reader.apply(JsonView.root(yaml.value()).object())), yaml);
        }
        catch (final JsonFormatException ex)
        {
            throw refused(file, ex);
        }
    }

    public static UsageException refused(final Path file, final JsonFormatException ex)
    {
        return new UsageException((null == file ? "assess" : file) + ": " + Printable.of(ex.getMessage()));
    }
}
