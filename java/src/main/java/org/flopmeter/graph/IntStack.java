/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

import java.util.Arrays;

/** Vertices still to be visited: chains are a million deep, so nothing here recurses. */
final class IntStack
{
    private int[] elements = new int[64];
    private int size;

    boolean isEmpty()
    {
        return 0 == size;
    }

    void push(final int element)
    {
        if (size == elements.length)
        {
            elements = Arrays.copyOf(elements, size * 2);
        }
        elements[size++] = element;
    }

    int pop()
    {
        return elements[--size];
    }
}
