/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.assess;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.flopmeter.graph.view.RuleView;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;

/** Which view of the graph a pack counts by: data, in views.json. A pack that is not there counts all of the graph. */
final class PackViews
{
    private static final JsonView TABLE = read();

    private PackViews()
    {
    }

    /** The view, or null. */
    static RuleView of(final String pack)
    {
        final JsonView name = TABLE.optional(pack);
        return null == name ? null : RuleView.shipped().stream()
            .filter(view -> view.name().equals(name.string())).findFirst().orElseThrow();
    }

    private static JsonView read()
    {
        try (InputStream stream = PackViews.class.getResourceAsStream("views.json"))
        {
            return JsonView.root(StrictJson.read(stream.readAllBytes()));
        }
        catch (final IOException ex)
        {
            throw new UncheckedIOException(ex);
        }
    }
}
