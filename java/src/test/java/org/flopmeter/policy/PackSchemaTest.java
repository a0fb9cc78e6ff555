/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.flopmeter.json.StrictJson;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The schema that editors use says what the reader takes. */
class PackSchemaTest
{
    private static String text;
    private static Schema schema;

    @BeforeAll
    static void readSchema() throws IOException
    {
        text = Files.readString(Path.of(
            System.getProperty("flopmeter.root"), "docs", "schema", "policy-pack-v1.json"));
        schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(text, InputFormat.JSON);
    }

    @Test
    void shouldTakeEveryShippedPack()
    {
        for (final String name : PackLibrary.names())
        {
            final Pack pack = PackLibrary.shipped(name);
            assertEquals(name, pack.name());
            assertEquals(List.of(), faults(pack.document()), name);
        }
    }

    /** Both know the same fields, so that neither can be forgotten. */
    @Test
    void shouldKnowTheFieldsOfTheReader()
    {
        final JsonNode properties = properties();
        final Set<String> fields = new TreeSet<>();
        PackField.ALL.forEach(field -> fields.add(field.jsonName()));
        assertEquals(fields, new TreeSet<>(properties.propertyNames()));
    }

    /** Every value that an enumeration of the schema has is read, and no other. */
    @Test
    void shouldKnowTheChoicesOfTheReader()
    {
        final JsonNode properties = properties();
        int choiceCount = 0;
        for (final String field : properties.propertyNames())
        {
            for (final JsonNode choice : properties.get(field).path("enum"))
            {
                choiceCount++;
                Cases.pack("{'base': 'seed', '" + field + "': " + choice + "}");
                final String wrong = "{'base': 'seed', '" + field + "': 'X" + choice.asString() + "'}";
                assertThrows(PolicyException.class, () -> Cases.pack(wrong), wrong);
            }
        }
        assertEquals(choicesOfTheReader(), choiceCount);
    }

    /** What the schema refuses the reader refuses, and the other way round, but for what a schema can't say. */
    @Test
    void shouldRefuseWhatTheReaderRefuses()
    {
        for (final String wrong : List.of(
            "{'trainingLimit': '1e27'}", "{'trainingLimit': 1}", "{'rateWindow': '1/0'}", "{'linkGbpsMin': 100}",
            "{'pauseState': 'active'}", "{'harbourRate': 'AUTO'}", "{'credibleBases': ['X']}", "{'version': -1}",
            "{'version': '1'}", "{'misspelt': '1'}", "{'coLocatedOnly': 'no'}", "{'tierDuties': {'RT-5': {}}}",
            "{'tierDuties': {'RT-1': {'using': []}}}", "{'effective': '2026'}", "{'status': 'VERIFIED'}",
            "{'sources': [{'citation': 'x'}]}", "{'schema': 'flopmeter/policy-pack/v2'}", "{'euNoticeDays': 36601}"))
        {
            final ObjectNode document = PackLibrary.shipped("seed").document();
            document.setAll((ObjectNode)Cases.json(wrong));
            assertFalse(faults(document).isEmpty(), wrong);
            assertThrows(PolicyException.class, () -> PackReader.read(Fact.of("$", document)), wrong);
        }
        for (final PackField<?> field : PackField.REQUIRED)
        {
            final ObjectNode document = PackLibrary.shipped("seed").document();
            document.remove(field.jsonName());
            assertFalse(faults(document).isEmpty(), field.jsonName());
        }
    }

    /** Bases of evidence stand in a list; all others are one choice. */
    private static int choicesOfTheReader()
    {
        int choiceCount = 0;
        for (final Class<?> choices : Choices.class.getDeclaredClasses())
        {
            choiceCount += Choices.EvidenceBasis.class == choices ? 0 : choices.getEnumConstants().length;
        }
        return choiceCount;
    }

    private static JsonNode properties()
    {
        return StrictJson.read(text.getBytes(StandardCharsets.UTF_8)).get("properties");
    }

    private static List<?> faults(final JsonNode document)
    {
        return schema.validate(JsonMapper.shared().writeValueAsString(document), InputFormat.JSON);
    }
}
