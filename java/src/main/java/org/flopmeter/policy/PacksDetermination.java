/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

/** Which offered packs were taken, which one is in force and which ones will be. */
final class PacksDetermination
{
    private PacksDetermination()
    {
    }

    static Answer determine(final Situation situation)
    {
        return new Answer()
            .put("decisions", situation.decisions().stream().map(Offers.Decision::answer).toList())
            .put("inForce", PolicyCase.identity(situation.pack()))
            .putNumbers("scheduled", situation.history().scheduledAfter(situation.now()));
    }
}
