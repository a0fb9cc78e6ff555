/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sim;

/** Mistakes that the simulator of a sidecar must find. */
enum ServedPlant
{
    NONE,

    /** Two sidecars serve one place. */
    LOCKS_IGNORED,

    /** The disk only pretends to force. */
    NEVER_FORCED,

    /** Who takes a run over does not know that it is the same. */
    ANOTHER_RUN,

    /** Who takes a run over begins to count at the heads that it finds. */
    ACCOUNT_FORGOTTEN
}
