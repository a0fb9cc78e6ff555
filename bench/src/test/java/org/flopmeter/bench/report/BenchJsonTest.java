/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.flopmeter.bench.Cards;
import org.flopmeter.bench.card.ScoreCard;
import org.flopmeter.bench.pace.AcceleratorTable;
import org.flopmeter.bench.pace.Pace;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BenchJsonTest
{
    private static final Path SCHEMA =
        Path.of(System.getProperty("flopmeter.root", ".."), "docs/schema/bench-v1.json");

    private final Pace pace = new Pace(AcceleratorTable.load());
    private final ScoreCard card = Cards.full();
    private Schema schema;

    @BeforeEach
    void readSchema() throws IOException
    {
        pace.addTo(card);
        schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(Files.readString(SCHEMA), InputFormat.JSON);
    }

    @Test
    void shouldValidateAgainstTheSchema()
    {
        assertEquals("[]", errors(BenchJson.text(card, pace)));
        assertEquals("[]", errors(BenchJson.text(new ScoreCard("jvm", "cpu", true), pace)));
        assertEquals("[]", errors(BenchJson.error("USAGE", "no such option")));
    }

    @Test
    void shouldRefuseDocumentsThatAreNotOfTheSchema()
    {
        final String text = BenchJson.text(card, pace);

        assertFalse(errors(text.replace("flopmeter/bench/v1", "flopmeter/bench/v2")).equals("[]"));
        assertFalse(errors(text.replace("\"placement\" : \"far\"", "\"placement\" : \"FAR\"")).equals("[]"));
        assertFalse(errors(text.replace("\"1000000000000000000\"", "1000000000000000000")).equals("[]"));
        assertFalse(errors(text.replace("\"exact\" : true", "\"exact\" : \"yes\"")).equals("[]"));
        assertFalse(errors(text.replace("\"keepsPace\" :", "\"pace\" :")).equals("[]"));
        assertFalse(errors(BenchJson.error("OTHER", "no such code")).equals("[]"));
    }

    @Test
    void shouldCarryWhatTheContractNames()
    {
        final JsonNode document = JsonMapper.shared().readTree(BenchJson.text(card, pace));

        assertEquals("endToEndBatched", document.at("/figures/0/name").asString());
        assertEquals("near", document.at("/figures/0/placement").asString());
        assertEquals(9e8, document.at("/figures/0/median").asDouble());
        assertEquals(7, document.at("/figures/0/rounds").asInt());
        assertTrue(document.at("/figures/0/exact").asBoolean());
        assertEquals("otel", document.at("/peers/0/name").asString());
        assertFalse(document.at("/peers/0/exact").asBoolean());
        assertTrue(document.at("/peers/2/ratio").isNull());
        assertTrue(document.at("/peers/2/exact").isNull());
        assertEquals("H100", document.at("/keepsPace/0/accelerator").asString());
        assertEquals("1000000000000000000", document.at("/keepsPace/0/clusterFlopPerSec").asString());
        assertEquals(50, document.at("/keepsPace/0/kernelDurationUs").asInt());
        assertEquals("far", document.at("/keepsPaceBasis/placement").asString());
        assertEquals(Cards.HOSTILE, document.at("/validate/forkFlags").asString());
    }

    private String errors(final String text)
    {
        return schema.validate(text, InputFormat.JSON).toString();
    }
}
