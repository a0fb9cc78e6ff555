#!/usr/bin/env python3
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
"""resample.py gpm_all.csv burn.jsonl: make h200-gpm.csv and h200-loads.csv from the raw files of the ground-truth kit.

The raw samples were taken every 50 ms from a driver that renews its figures every 100.6 ms. This finds the one grid of
refresh times that agrees with when each figure was first seen, and writes one row for each refresh: the figures as the
driver gave them (parts per 10^9, over the time since the refresh before), and the clock that NVML stated.
"""
import csv
import json
import sys

FIGURES = ("m2", "m5", "m6", "m7", "m8", "m9", "m11", "m12", "m13")
NAMES = ("sm", "tensor", "dfma", "hmma", "dmma", "imma", "fp64", "fp32", "fp16")
LOADS = 8  # those behind ran beside other tools


def feasible(period, seen):
    """Widest set of phases for which each refresh lies between the sample that lacks it and the one that shows it."""
    first = seen[0][1]
    low, high = -1e9, 1e9
    for before, after in seen:
        k = round((after - first) / period)
        low, high = max(low, before - first - k * period), min(high, after - first - k * period)
    return low, high


def main(samples_path, loads_path):
    with open(samples_path) as file:
        rows = list(csv.DictReader(file))
    with open(loads_path) as file:
        loads = [json.loads(line) for line in file][:LOADS]
    start = float(rows[0]["t_s"]) - 1
    seen, values = [], []
    for before, row in zip(rows, rows[1:]):
        if any(float(row[name]) for name in FIGURES):
            seen.append((float(before["t_s"]), float(row["t_s"])))
            values.append(row)
    period = max((p / 1e6 for p in range(100000, 101200)), key=lambda p: feasible(p, seen)[1] - feasible(p, seen)[0])
    low, high = feasible(period, seen)
    assert low < high, "no grid fits"
    with open("h200-gpm.csv", "w") as out:
        out.write("refresh_ns,period_ns,nominal_mhz," + ",".join(NAMES) + "\n")
        for (_, after), row in zip(seen, values):
            k = round((after - seen[0][1]) / period)
            at = seen[0][1] + (low + high) / 2 + k * period - start
            out.write(f"{at * 1e9:.0f},{period * 1e9:.0f},{row['sm_mhz']}," +
                      ",".join(f"{float(row[name]) * 1e7:.0f}" for name in FIGURES) + "\n")
    with open("h200-loads.csv", "w") as out:
        out.write("load,begin_ns,end_ns,flop_count\n")
        for load in loads:
            out.write(f"{load['op']},{(load['t0'] - start) * 1e9:.0f},{(load['t1'] - start) * 1e9:.0f},"
                      f"{load['flop_total']}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
