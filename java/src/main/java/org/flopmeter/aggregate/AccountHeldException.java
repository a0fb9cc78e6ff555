/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.aggregate;

import java.io.IOException;

/** Another meter reads this meter directory: nothing is wrong with it. */
public final class AccountHeldException extends IOException
{
    private static final long serialVersionUID = 1L;

    AccountHeldException(final String message)
    {
        super(message);
    }
}
