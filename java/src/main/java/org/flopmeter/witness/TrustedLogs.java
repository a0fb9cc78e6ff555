/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.witness;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.SigningException;

/** Whose checkpoints a witness cosigns: the keys that it trusts for each origin. */
public final class TrustedLogs
{
    private final Map<String, List<NoteKey>> keys = new LinkedHashMap<>();

    /**
     * Of lines {@code VKEY [ORIGIN]}; without an origin it is the key's name, as with ledgers. Several keys of one
     * origin are several lines. Empty lines and those that begin with # say nothing.
     *
     * @throws SigningException a line is something else; the message begins with its number.
     */
    public static TrustedLogs parse(final String text)
    {
        final TrustedLogs logs = new TrustedLogs();
        final String[] lines = text.split("\n", -1);
        for (int i = 0; i < lines.length; i++)
        {
            final String line = lines[i].strip();
            if (!line.isEmpty() && !line.startsWith("#"))
            {
                logs.add(i + 1, line);
            }
        }
        return logs;
    }

    private void add(final int number, final String line)
    {
        final int space = line.indexOf(' ');
        final NoteKey key;
        try
        {
            key = NoteKey.parse(space < 0 ? line : line.substring(0, space));
        }
        catch (final SigningException ex)
        {
            throw new SigningException("line " + number + ": " + ex.getMessage());
        }
        if (NoteKey.Type.ED25519 != key.type())
        {
            throw new SigningException("line " + number + ": the key of a witness, not of a log");
        }
        keys.computeIfAbsent(space < 0 ? key.name() : line.substring(space + 1).strip(), made -> new ArrayList<>())
            .add(key);
    }

    /** Empty when the origin is not known. */
    public List<NoteKey> keys(final String origin)
    {
        return List.copyOf(keys.getOrDefault(origin, List.of()));
    }

    public Set<String> origins()
    {
        return Set.copyOf(keys.keySet());
    }
}
