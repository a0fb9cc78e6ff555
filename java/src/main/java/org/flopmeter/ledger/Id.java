/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.util.HexFormat;

/** 16 bytes that name a ledger, a meter, an epoch or a writer. */
public record Id(long high, long low)
{
    public static final Id NONE = new Id(0, 0);

    static final int LENGTH = 16;

    public boolean isNone()
    {
        return 0 == (high | low);
    }

    /** From 32 hex digits. */
    public static Id parse(final String hex)
    {
        return new Id(HexFormat.fromHexDigitsToLong(hex, 0, 16), HexFormat.fromHexDigitsToLong(hex, 16, 32));
    }

    /** 32 hex digits. */
    @Override
    public String toString()
    {
        return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
    }
}
