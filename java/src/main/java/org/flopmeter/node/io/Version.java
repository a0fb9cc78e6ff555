/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.io;

import picocli.CommandLine.IVersionProvider;

/** Version of the meter: the jar's manifest, "dev" when run from classes. */
public final class Version implements IVersionProvider
{
    public static String text()
    {
        final String version = Version.class.getPackage().getImplementationVersion();
        return "flopmeter " + (null == version ? "dev" : version);
    }

    @Override
    public String[] getVersion()
    {
        return new String[] { text() };
    }
}
