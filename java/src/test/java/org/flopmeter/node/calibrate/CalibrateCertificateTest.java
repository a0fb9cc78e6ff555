/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.calibrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.flopmeter.json.JsonView;
import org.flopmeter.node.io.CanonicalJson;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.text.Messages;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class CalibrateCertificateTest
{
    private static final Path SCHEMA =
        Path.of(System.getProperty("flopmeter.root", ".."), "docs/schema/calibration-v1.json");

    @Test
    void shouldWriteTheGoldenCertificate() throws IOException
    {
        final String golden;
        try (var stream = CalibrateCertificateTest.class.getResourceAsStream("calibration-golden.json"))
        {
            golden = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }

        assertEquals(golden, text(full()));
    }

    @Test
    void shouldValidateAgainstTheSchema() throws IOException
    {
        assertValid(text(full()));
        assertValid(text(CalibrateFixture.certificate(CalibrateFixture.raw()
            .replaceAll("(?s)\"readings\": \\[.*\\],\\s+\"passes\"", "\"readings\": [], \"passes\""))));
    }

    @Test
    void shouldRefuseDocumentsThatAreNotOfTheSchema() throws IOException
    {
        final String right = text(full());
        for (final String[] each : new String[][] {
            { "\"class\" : \"0.2\"", "\"class\" : \"0.3\"" },
            { "\"low\" : 0", "\"low\" : 1.5" },
            { "\"schema\" : \"flopmeter/calibration/v1\"", "\"schema\" : \"flopmeter/calibration/v2\"" },
            { "\"expected\" : \"1000000\"", "\"expected\" : 1000000" },
            { "\"algorithm\" : \"SHA-256\"", "\"algorithm\" : \"MD5\"" },
            { "\"environment\"", "\"surroundings\"" } })
        {
            assertTrue(right.contains(each[0]), each[0]);
            assertFalse(
                schema().validate(right.replace(each[0], each[1]), InputFormat.JSON).isEmpty(), each[1]);
        }
    }

    @Test
    void shouldHaveNoMemberThatIsNull()
    {
        assertFalse(text(full()).contains("null"));
    }

    @Test
    void shouldDigestWhatItSaysHoweverItIsPrinted()
    {
        final ObjectNode document = full().document();
        final String digest = document.at("/digest/value").stringValue();
        final JsonNode again = JsonMapper.shared().readTree(document.toString());
        final ObjectNode tampered = document.deepCopy();
        ((ObjectNode)tampered.at("/figures/0")).put("class", "0.5");

        assertEquals(digest, CalibrateCertificate.digest(again));
        assertNotEquals(digest, CalibrateCertificate.digest(tampered));
    }

    @Test
    void shouldWriteCanonicalBytesAsRfc8785Does()
    {
        final JsonNode document = JsonMapper.shared().readTree(
            "{ \"\\u20ac\": \"Euro \\u20ac\", \"b\\n\": [ 1, -2, true, null, {} ], " +
                "\"a\": \"\\u001f\\\"\\\\/\\t\", \"B\": [] }");

        assertEquals("{\"B\":[],\"a\":\"\\u001f\\\"\\\\/\\t\",\"b\\n\":[1,-2,true,null,{}],\"€\":\"Euro €\"}",
            new String(CanonicalJson.bytes(document), StandardCharsets.UTF_8));
        assertEquals("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            CanonicalJson.sha256(new byte[0]));
        assertThrows(IllegalArgumentException.class,
            () -> CanonicalJson.bytes(JsonMapper.shared().readTree("[1.5]")));
    }

    /** Whoever was measured once, or not to the end, has no class, whatever its readings were. */
    @Test
    void shouldGiveNoClassToWhatWasNotMeasuredWhole()
    {
        for (final String each : new String[] { "\"quick\": false", "\"isCut\": false" })
        {
            final CalibrateCertificate certificate =
                CalibrateFixture.certificate(CalibrateFixture.raw().replace(each, each.replace("false", "true")));

            assertEquals("none", certificate.document().at("/figures/0/class").stringValue(), each);
            assertEquals(1, certificate.document().at("/figures/0/pointErrorPpm/high").intValue(), each);
            assertTrue(CalibrateTable.text(certificate, Messages.english()).replaceAll(" +", " ")
                .contains("perf EXACT_EXECUTED cpu fp32 3 0 .. 1 none 3/3 1\n"), each);
            // Recomputed from the certificate itself it is the same; and the class of its readings is not accepted.
            assertEquals(List.of(), CalibrateDocument.read(JsonView.root(certificate.document())).faults(), each);
            final ObjectNode claims = certificate.document();
            ((ObjectNode)claims.at("/figures/0")).put("class", "0.2");
            assertTrue(CalibrateDocument.read(JsonView.root(claims)).faults()
                .contains("$.figures[0].class: is \"0.2\", its readings give \"none\""), each);
        }
    }

    @Test
    void shouldSayInTheTableWhatCouldNotBeCalibratedAndWhy()
    {
        final String table = CalibrateTable.text(full(), Messages.english());

        final String rows = table.replaceAll(" +", " ");
        assertTrue(rows.contains("perf EXACT_EXECUTED cpu fp32 3 0 .. 1 0.2 3/3 1\n"), table);
        assertTrue(rows.contains("gpm DERIVED gpu bf16 1/2 90000 .. 90000 none 1/1 unbounded\n"), table);
        assertTrue(table.contains("not calibrated: cupti-range: TAKEN: nsys has it; remedy: end nsys"), table);
        assertTrue(table.contains("every interval held the truth"), table);
        assertTrue(CalibrateTable.text(full(), Messages.chinese()).contains("end nsys"));
    }

    static CalibrateCertificate full()
    {
        final BigInteger flop = BigInteger.valueOf(282142840);
        return CalibrateFixture.certificate(CalibrateFixture.raw(), IntStream.range(0, CalibrateFigure.PASSES)
            .mapToObj(pass -> new CalibrateReading("blas", "EXACT_BY_SHAPE", "cpu", "dgemm", "fp64", pass, "AVAILABLE",
                "", "", flop, 9, 0, List.of(new CalibrateReading.Figure("fp64", flop, flop, flop))))
            .toArray(CalibrateReading[]::new));
    }

    private static String text(final CalibrateCertificate certificate)
    {
        return DocumentJson.print(certificate.document());
    }

    static Schema schema() throws IOException
    {
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(Files.readString(SCHEMA), InputFormat.JSON);
    }

    static void assertValid(final String document) throws IOException
    {
        assertEquals(List.of(), schema().validate(document, InputFormat.JSON), document);
    }
}
