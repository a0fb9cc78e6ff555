/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Approximations with declared inputs: what Appendix A of "Keep the Future Human" allows where the whole graph is not
 * at hand, and the customary formulas. Each says its basis and how far it can be from the causal sum.
 */
package org.flopmeter.graph.estimate;
