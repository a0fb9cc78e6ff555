/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

/** What a pack can choose between. Where one choice is stricter than another, it is declared after it. */
final class Choices
{
    private Choices()
    {
    }

    enum Status
    {
        UNVERIFIED, VERIFIED
    }

    enum LimitBasis
    {
        TRAINING, OUTPUT
    }

    enum Rt4Scope
    {
        RT3, ANY
    }

    enum RegistrationBasis
    {
        LOWER, POINT, UPPER
    }

    enum PauseState
    {
        NONE, ACTIVE, LIFTED
    }

    enum ClusterDuty
    {
        REPORT, PERMIT
    }

    enum PeakBasis
    {
        VENDOR_DECLARED, BF16_DENSE, MAX_DENSE
    }

    enum LinkComparison
    {
        ABOVE, AT_LEAST
    }

    enum RateScope
    {
        CLUSTER, MODEL
    }

    enum Phase
    {
        GOOD_FAITH, DOCUMENTED, ATTESTED, PER_OUTPUT
    }

    enum ExhaustedAction
    {
        THROTTLE, HALT
    }

    enum FrontierCounting
    {
        OWN_ONLY, CUMULATIVE
    }

    /** What a figure in evidence rests on. */
    enum EvidenceBasis
    {
        MEASURED, ARCHITECTURE, HARDWARE_TIME, DECLARED, PEAK_BOUND, UNKNOWN
    }
}
