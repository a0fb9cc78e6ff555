/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

/** The safe harbours. */
enum Harbour
{
    COMPUTE, WEAK, NARROW, PASSIVE, ASSURED;

    /** Only the compute harbour can be claimed without a safety case: credible estimates are enough there. */
    boolean needsSafetyCase()
    {
        return COMPUTE != this;
    }
}
