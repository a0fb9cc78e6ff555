/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import org.flopmeter.unit.Ratio;

/** The two figures that the compute harbour bounds, each below a tenth of its cap. */
enum HarbourKind
{
    TRAINING(PackField.HARBOUR_TRAINING, PackField.TRAINING_LIMIT),
    RATE(PackField.HARBOUR_RATE, PackField.RATE_LIMIT);

    private final PackField<HarbourThreshold> field;
    private final PackField<Ratio> cap;

    HarbourKind(final PackField<HarbourThreshold> field, final PackField<Ratio> cap)
    {
        this.field = field;
        this.cap = cap;
    }

    PackField<HarbourThreshold> field()
    {
        return field;
    }

    PackField<Ratio> cap()
    {
        return cap;
    }
}
