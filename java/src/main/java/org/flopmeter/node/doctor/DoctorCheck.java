/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.doctor;

/**
 * One line of the doctor's table.
 *
 * @param status "yes", "no" or "partly": can it be counted, or used, here?
 * @param remedy "" where there is nothing to do.
 */
record DoctorCheck(String id, String status, String detail, String remedy)
{
    static DoctorCheck yes(final String id, final String detail)
    {
        return new DoctorCheck(id, "yes", detail, "");
    }

    static DoctorCheck no(final String id, final String detail, final String remedy)
    {
        return new DoctorCheck(id, "no", detail, remedy);
    }

    static DoctorCheck partly(final String id, final String detail, final String remedy)
    {
        return new DoctorCheck(id, "partly", detail, remedy);
    }
}
