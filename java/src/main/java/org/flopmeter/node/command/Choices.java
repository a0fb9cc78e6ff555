/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.command;

import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.TypeConversionException;

/**
 * Options whose values are a closed list: a wrong one is answered with the list as people write it, each word once, and
 * the words are taken as they are said there and in no other way.
 */
public final class Choices
{
    private Choices()
    {
    }

    /** For a command and all below it. */
    public static void register(final CommandLine command)
    {
        for (final ArgSpec argument : command.getCommandSpec().args())
        {
            if (argument.type().isEnum())
            {
                register(command, argument.type());
            }
        }
        command.getSubcommands().values().forEach(Choices::register);
    }

    @SuppressWarnings("unchecked")
    private static <T> void register(final CommandLine command, final Class<T> type)
    {
        final T[] values = type.getEnumConstants();
        command.registerConverter(type, (ITypeConverter<T>)text -> Arrays.stream(values)
            .filter(value -> value.toString().equals(text))
            .findFirst()
            .orElseThrow(() -> new TypeConversionException("expected " + Arrays.stream(values)
                .map(Object::toString)
                .collect(Collectors.joining(", ")) + "; found " + text)));
    }
}
