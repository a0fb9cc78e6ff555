/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.List;

/**
 * What a determination looks at.
 *
 * @param pack in force at `now`.
 */
record Situation(Fact facts, Moment now, PackHistory history, Pack pack, List<Offers.Decision> decisions)
{
}
