#!/usr/bin/env python3
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
"""Adds a proof of `flopmeter graph total --proof FILE` up again: verify.py FILE. Shares nothing with what wrote it.

It shows that the total is the sum over the listed computations, each once, and that these are what the listed edges
lead back to. That no edge was left out is for the records to show.
"""
import json
import sys


def fail(text):
    sys.exit("not proved: " + text)


def main(path):
    with open(path, encoding="utf-8") as file:
        proof = json.load(file)
    if proof["schema"] != "flopmeter/graph-proof/v1":
        fail("another schema: " + proof["schema"])
    nodes = {}
    for node in proof["nodes"]:
        if node["id"] in nodes:
            fail("listed twice: " + node["id"])
        nodes[node["id"]] = node
    causes = {}
    for edge in proof["edges"]:
        if edge["from"] not in nodes or edge["to"] not in nodes:
            fail("an edge to a node that is not listed: %s -> %s" % (edge["from"], edge["to"]))
        causes.setdefault(edge["to"], []).append(edge["from"])
    seen = set()
    pending = list(proof["of"])
    while pending:
        name = pending.pop()
        if name not in nodes:
            fail("not listed: " + name)
        if name not in seen:
            seen.add(name)
            pending.extend(causes.get(name, []))
    if seen != set(nodes):
        fail("not led to: " + ", ".join(sorted(set(nodes) - seen)))
    totals = {"": [0, 0, 0]}
    for node in nodes.values():
        if "flop" in node and node["kind"] != "computation":
            fail("a weight on " + node["id"])
        for precision, flop in node.get("flop", {}).items():
            for key in ("", precision):
                sums = totals.setdefault(key, [0, 0, 0])
                for i, end in enumerate(("lower", "point", "upper")):
                    unbounded = sums[i] is None or flop[end] == "unbounded"
                    sums[i] = None if unbounded else sums[i] + int(flop[end])
    if not proof["complete"]:
        totals[""][2] = None
    claimed = dict(proof["byPrecision"])
    claimed[""] = proof["total"]
    if set(claimed) != set(totals):
        fail("other precisions than those of the computations")
    for key, flop in claimed.items():
        for i, end in enumerate(("lower", "point", "upper")):
            found = "unbounded" if totals[key][i] is None else str(totals[key][i])
            if flop[end] != found:
                fail("%s%s: claimed %s, the computations add up to %s" % (key and key + " ", end, flop[end], found))
    print("proved: %d computations, lower %s" % (
        sum(1 for node in nodes.values() if node["kind"] == "computation"), proof["total"]["lower"]))


if __name__ == "__main__":
    main(sys.argv[1])
