/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.assess;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What people declare about a model, its developer and its deployment: a document of flopmeter/assessment-facts/v1.
 * Its members lie where determinations look for them, so a fact that is missing names its own place.
 */
public final class Facts
{
    public static final String SCHEMA = "flopmeter/assessment-facts/v1";

    private static final String SCHEMA_MEMBER = "schema";
    private static final String INVENTORY_MEMBER = "inventory";

    private static final Shape STRENGTH = Shape.oneOf("STRONG", "WEAK", "UNKNOWN");
    private static final Shape BASES = Shape.list(Shape.oneOf(
        "MEASURED", "ARCHITECTURE", "HARDWARE_TIME", "DECLARED", "PEAK_BOUND", "UNKNOWN"));
    private static final Shape DATED = Shape.list(object("at", Shape.TIME, "total", Shape.QUANTITY));
    private static final Shape EVIDENCE =
        object("basis", BASES, "architecture", Shape.COUNT, "hardwareTime", Shape.COUNT);
    private static final Shape MODEL = object(
        "autonomy", STRENGTH, "generality", STRENGTH, "intelligence", STRENGTH,
        "training", Shape.QUANTITY, "rate", Shape.QUANTITY, "output", Shape.QUANTITY,
        "developerIn", Shape.ANY_TEXT, "availableIn", Shape.TEXTS, "usedIn", Shape.TEXTS,
        "evidence", object(
            "training", EVIDENCE, "rate", EVIDENCE, "ancestorsComplete", Shape.FLAG, "signer", Shape.ANY_TEXT),
        "modifications", Shape.list(object("flop", Shape.QUANTITY, "autonomy", STRENGTH, "what", Shape.ANY_TEXT)),
        "assurance", object("kind", Shape.oneOf("PROVABLE", "NEGLIGIBLE_RISK"), "safetyCase", Shape.ANY_TEXT),
        "parties", Shape.TEXTS);
    private static final Shape INVENTORY_OR_FILES = value -> value.node().isString() ? value.node() :
        value.node().isArray() ? Shape.TEXTS.read(value) : Inventories.INVENTORY.read(value);
    private static final Shape CLAIMS = Shape.list(object(
        "harbour", Shape.oneOf("COMPUTE", "WEAK", "NARROW", "PASSIVE", "ASSURED"),
        "safetyCase", object("approvedBy", Shape.ANY_TEXT, "approvedAt", Shape.TIME, "validUntil", Shape.TIME)));

    /** Whatever a facts file may hold, where it may be. */
    private static final Shape DOCUMENT = object(
        SCHEMA_MEMBER, Shape.oneOf(SCHEMA),
        "now", Shape.TIME,
        "developer", object(
            "headquarters", Shape.ANY_TEXT, "businessIn", Shape.TEXTS, "chipsMadeIn", Shape.TEXTS),
        "model", MODEL,
        "run", object("startedAt", Shape.TIME, "primarilyBiological", Shape.FLAG, "estimates", DATED, "done", DATED),
        "claims", CLAIMS,
        "approvers", Shape.mapOf(object("kind", Shape.oneOf("AGENCY", "AUDITOR"), "credentialUntil", Shape.TIME)),
        INVENTORY_MEMBER, INVENTORY_OR_FILES,
        "deployment", object("output", Shape.ANY_TEXT, "sequence", Shape.TEXTS),
        "generates", Shape.TEXTS,
        "modifier", object("originalNode", Shape.ANY_TEXT, "compute", Shape.QUANTITY, "original", Shape.QUANTITY,
            "originalSystemic", Shape.FLAG),
        "frontier", object("baseNode", Shape.ANY_TEXT, "base", Shape.QUANTITY, "own", Shape.QUANTITY,
            "intended", Shape.QUANTITY, "initiated", Shape.FLAG, "revenueUsd", Shape.QUANTITY),
        "raise", object("training", Shape.QUANTITY, "computeCostUsd", Shape.QUANTITY,
            "distilledFromCovered", Shape.oneOf("YES", "NO", "UNKNOWN")),
        "tpp", Shape.list(object("format", Shape.ANY_TEXT, "bits", Shape.COUNT, "tops", Shape.RATIO)),
        "report", object("basis", BASES, "signer", Shape.ANY_TEXT, "documents", Shape.TEXTS,
            "attested", Shape.FLAG, "perOutput", Shape.FLAG));

    private final ObjectNode document;

    private Facts(final ObjectNode document)
    {
        this.document = document;
    }

    /** Nothing declared. */
    public static Facts none()
    {
        return new Facts(JsonNodeFactory.instance.objectNode());
    }

    /** What a document declares; a {@link JsonFormatException} names the path of what is wrong with it. */
    public static Facts read(final JsonView view)
    {
        view.member(SCHEMA_MEMBER);
        return new Facts((ObjectNode)DOCUMENT.read(view));
    }

    /** Names of files with inventories. */
    public List<String> inventoryFiles()
    {
        final List<String> files = new ArrayList<>();
        final JsonNode inventory = document.get(INVENTORY_MEMBER);
        if (null != inventory && inventory.isString())
        {
            files.add(inventory.asString());
        }
        else if (null != inventory && inventory.isArray())
        {
            inventory.forEach(file -> files.add(file.asString()));
        }
        return files;
    }

    /** The inventory that is declared among the facts, or null. */
    public JsonNode inventory()
    {
        final JsonNode inventory = document.get(INVENTORY_MEMBER);
        return null != inventory && inventory.isObject() ? inventory : null;
    }

    /** The same facts with this inventory, from {@link Inventories}. */
    public Facts withInventory(final ObjectNode inventory)
    {
        final ObjectNode with = document.deepCopy();
        with.set(INVENTORY_MEMBER, inventory);
        return new Facts(with);
    }

    /** The moment that the facts are of, or null. */
    public String now()
    {
        return text("now");
    }

    /** The value at a path of members, or null. */
    JsonNode at(final String... path)
    {
        JsonNode value = document;
        for (final String name : path)
        {
            value = null == value ? null : value.get(name);
        }
        return value;
    }

    String text(final String... path)
    {
        final JsonNode value = at(path);
        return null == value ? null : value.asString();
    }

    ObjectNode copy()
    {
        return document.deepCopy();
    }

    static Shape object(final Object... namesAndShapes)
    {
        final Map<String, Shape> members = new LinkedHashMap<>();
        for (int i = 0; i < namesAndShapes.length; i += 2)
        {
            members.put((String)namesAndShapes[i], (Shape)namesAndShapes[i + 1]);
        }
        return Shape.object(members);
    }
}
