/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.json;

/** A document is not what its format says. The message names the place: a line and column, or a JSON path. */
public final class JsonFormatException extends RuntimeException
{
    private static final long serialVersionUID = 1L;

    public JsonFormatException(final String place, final String expected)
    {
        super(place + ": " + expected);
    }
}
