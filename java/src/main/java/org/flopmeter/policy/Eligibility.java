/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

/** Can a harbour be claimed? Anything but ELIGIBLE is the reason why a claim is rejected. */
enum Eligibility
{
    ELIGIBLE(null),
    NOT_ELIGIBLE(Reason.HARBOUR_NOT_ELIGIBLE),
    NOT_CREDIBLE(Reason.HARBOUR_NOT_CREDIBLE),
    UNDETERMINED(Reason.HARBOUR_UNDETERMINED);

    private final Reason objection;

    Eligibility(final Reason objection)
    {
        this.objection = objection;
    }

    void objectTo(final Reasons claimReasons)
    {
        claimReasons.addIf(ELIGIBLE != this, objection);
    }
}
