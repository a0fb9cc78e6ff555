/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

/** Why an input is refused: the code in the document. */
public enum Refusal
{
    BAD_NUMBER, NEGATIVE_FLOP, BAD_INTERVAL, BAD_TIME, BAD_ENUM, TIME_ORDER,
    MISSING_FACT, BAD_FACT, UNKNOWN_ASK, BAD_INVENTORY, DUPLICATE_CLAIM,
    BAD_PACK, UNKNOWN_FIELD, UNKNOWN_PACK, RULE_NOT_IN_PACK, HARBOUR_TOO_HIGH, LESS_STRICT, NO_PACK_IN_FORCE;

    PolicyException at(final String place, final String what)
    {
        return new PolicyException(this, place + ": " + what);
    }
}
