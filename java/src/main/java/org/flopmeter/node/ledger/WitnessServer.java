/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.ledger;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.flopmeter.witness.AddCheckpoint;
import org.flopmeter.witness.Witness;
import org.flopmeter.witness.WitnessAnswer;

/** A witness over HTTP, for tests and small uses; requests are bounded in length and time. */
final class WitnessServer implements Closeable
{
    private static final int THREADS = 16;
    private static final int METHOD_NOT_ALLOWED = 405;
    private static final int TOO_LONG = 413;
    private static final String ADD = "/add-checkpoint";
    private static final String REQUEST_SECONDS_MAX = "10";

    private final HttpServer server;
    private final ExecutorService executor;
    private final Witness witness;
    private final Consumer<String> log;

    static
    {
        // Read once by the JDK's server: whoever sends or takes slowly is cut off. What the user set stays.
        for (final String name : new String[] { "sun.net.httpserver.maxReqTime", "sun.net.httpserver.maxRspTime" })
        {
            if (null == System.getProperty(name))
            {
                System.setProperty(name, REQUEST_SECONDS_MAX);
            }
        }
    }

    private WitnessServer(final HttpServer server, final Witness witness, final Consumer<String> log)
    {
        this.server = server;
        this.witness = witness;
        this.log = log;
        executor = Executors.newFixedThreadPool(THREADS);
    }

    static WitnessServer start(final InetSocketAddress address, final Witness witness, final Consumer<String> log)
        throws IOException
    {
        final WitnessServer served = new WitnessServer(HttpServer.create(address, 0), witness, log);
        served.server.setExecutor(served.executor);
        served.server.createContext("/", served::handle);
        served.server.start();
        return served;
    }

    InetSocketAddress address()
    {
        return server.getAddress();
    }

    private void handle(final HttpExchange exchange) throws IOException
    {
        try (exchange)
        {
            WitnessAnswer answer;
            try
            {
                answer = answer(exchange);
            }
            catch (final RuntimeException ex)
            {
                log.accept("a request failed: " + ex);
                answer = answer(WitnessAnswer.FAILED, "failed");
            }
            if (WitnessAnswer.FAILED == answer.status())
            {
                log.accept(new String(answer.body(), StandardCharsets.UTF_8).strip());
            }
            exchange.getResponseHeaders().set("Content-Type", answer.contentType());
            exchange.sendResponseHeaders(answer.status(), answer.body().length);
            exchange.getResponseBody().write(answer.body());
        }
    }

    private WitnessAnswer answer(final HttpExchange exchange) throws IOException
    {
        final String path = exchange.getRequestURI().getPath();
        final boolean isPost = "POST".equals(exchange.getRequestMethod());
        if (ADD.equals(path))
        {
            if (!isPost)
            {
                return answer(METHOD_NOT_ALLOWED, "expected POST");
            }
            final byte[] body = exchange.getRequestBody().readNBytes(AddCheckpoint.LENGTH_MAX + 1);
            return body.length > AddCheckpoint.LENGTH_MAX ?
                answer(TOO_LONG, "a body of more than " + AddCheckpoint.LENGTH_MAX + " bytes") : witness.add(body);
        }
        if (null != path && path.matches("/[0-9a-f]{64}/checkpoint"))
        {
            return "GET".equals(exchange.getRequestMethod()) ?
                witness.checkpoint(path.substring(1, 65)) : answer(METHOD_NOT_ALLOWED, "expected GET");
        }
        return answer(WitnessAnswer.NOT_FOUND, "expected " + ADD + " or /ORIGIN-HASH/checkpoint");
    }

    private static WitnessAnswer answer(final int status, final String text)
    {
        return new WitnessAnswer(status, WitnessAnswer.TEXT, (text + '\n').getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close()
    {
        server.stop(0);
        executor.shutdown();
    }
}
