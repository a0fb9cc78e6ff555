/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.witness;

import java.nio.charset.StandardCharsets;

/** An answer over HTTP, as a witness gives it. */
public record WitnessAnswer(int status, String contentType, byte[] body)
{
    public static final int OK = 200;
    public static final int BAD_REQUEST = 400;
    public static final int FORBIDDEN = 403;
    public static final int NOT_FOUND = 404;
    public static final int CONFLICT = 409;
    public static final int UNPROCESSABLE = 422;
    public static final int FAILED = 500;

    public static final String TEXT = "text/plain; charset=utf-8";
    public static final String SIZE = "text/x.tlog.size";

    static WitnessAnswer text(final int status, final String text)
    {
        return new WitnessAnswer(status, TEXT, (text + '\n').getBytes(StandardCharsets.UTF_8));
    }

    static WitnessAnswer conflict(final long size)
    {
        return new WitnessAnswer(CONFLICT, SIZE, (size + "\n").getBytes(StandardCharsets.US_ASCII));
    }
}
