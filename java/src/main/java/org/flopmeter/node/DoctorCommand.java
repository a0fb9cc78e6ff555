/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import picocli.CommandLine.Command;

@Command(name = "doctor", description = "What can be counted here and what cannot, with reason and remedy.")
final class DoctorCommand extends StreamCommand
{
    @Override
    public Integer call()
    {
        return Main.DONE;
    }
}
