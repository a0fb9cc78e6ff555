/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.booking;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.flopmeter.witness.WitnessAnswer;
import org.flopmeter.witness.WitnessClient;

/** Speaks HTTP with a witness: bounded in time, whole answers included, and in length; follows no redirection. */
public final class HttpTransport implements WitnessClient.Transport
{
    private static final int ANSWER_LENGTH_MAX = 1 << 20;

    private final HttpClient client;
    private final String prefix;
    private final long patienceMs;

    public HttpTransport(final URI url, final long patienceMs)
    {
        this.prefix = url.toString().replaceAll("/+$", "");
        this.patienceMs = patienceMs;
        client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofMillis(patienceMs))
            .build();
    }

    @Override
    public WitnessAnswer post(final String path, final byte[] body) throws IOException
    {
        return send(request(path).POST(HttpRequest.BodyPublishers.ofByteArray(body)).build());
    }

    @Override
    public WitnessAnswer get(final String path) throws IOException
    {
        return send(request(path).GET().build());
    }

    private HttpRequest.Builder request(final String path)
    {
        return HttpRequest.newBuilder(URI.create(prefix + path)).timeout(Duration.ofMillis(patienceMs));
    }

    private WitnessAnswer send(final HttpRequest request) throws IOException
    {
        final ByteArrayOutputStream body = new ByteArrayOutputStream();
        final CompletableFuture<HttpResponse<Void>> sent = client.sendAsync(request,
            HttpResponse.BodyHandlers.ofByteArrayConsumer(part -> part.ifPresent(bytes ->
            body.write(bytes, 0, Math.min(bytes.length, ANSWER_LENGTH_MAX - body.size())))));
        try
        {
            final HttpResponse<Void> response = sent.get(patienceMs, TimeUnit.MILLISECONDS);
            return new WitnessAnswer(
                response.statusCode(), response.headers().firstValue("content-type").orElse(""), body.toByteArray());
        }
        catch (final TimeoutException ex)
        {
            throw new IOException("no answer within " + patienceMs + " ms", ex);
        }
        catch (final ExecutionException ex)
        {
            final Throwable cause = ex.getCause();
            throw new IOException(null == cause.getMessage() ? cause.getClass().getSimpleName() : cause.getMessage(),
                ex);
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", ex);
        }
        finally
        {
            sent.cancel(true);
        }
    }
}
