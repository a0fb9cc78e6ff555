/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

extern "C" __attribute__((visibility("default"))) void thrower_throw()
{
    throw 42;
}

extern "C" __attribute__((visibility("default"))) int thrower_try(void (*const function)())
{
    try
    {
        function();
    }
    catch (const int value)
    {
        return value;
    }
    return 0;
}
