#!/usr/bin/env python3
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
"""Golden totals of a replay spec, by the third implementation of docs/design/0007-replay.md.

    python3 testdata/replay/golden.py SPEC > GOLDEN

It shares no code and no shortcut with the C producer and the Java oracle: every step is a plain list of kernels, and the
place where a device is caught is found by walking it. Python's integers do not overflow, so a 64-bit wrap in either of
the others would show.
"""

import sys

MASK = (1 << 64) - 1
GAMMA = 0x9E3779B97F4A7C15


def mix(x):
    x &= MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


class Random:
    """xoshiro256**, seeded by SplitMix64."""

    def __init__(self, seed, number):
        x = mix(seed + GAMMA) ^ mix(number * GAMMA)
        self.s = []
        for _ in range(4):
            x = (x + GAMMA) & MASK
            self.s.append(mix(x))
        self.bytes = []

    def next(self):
        s = self.s
        rotate = lambda v, k: ((v << k) | (v >> (64 - k))) & MASK
        result = (rotate((s[1] * 5) & MASK, 7) * 9) & MASK
        t = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 45)
        return result

    def jitter(self):
        if not self.bytes:
            self.bytes = list(self.next().to_bytes(8, "little"))
        return self.bytes.pop(0)


def read(path):
    spec = {"jobs": []}
    with open(path, encoding="ascii") as file:
        for line in file:
            words = line.split("#")[0].split()
            if not words:
                continue
            if words[0] == "job":
                names = "layers hidden ffn vocabulary tokens context period".split()
                job = {"run": words[1], "permille": int(words[2]), "kind": words[3], "precision": words[4]}
                job.update(zip(names, map(int, words[5:])))
                spec["jobs"].append(job)
            elif words[0] == "accelerator":
                spec["bf16"], spec["fp8"], spec["memory"], spec["link"] = map(int, words[2:])
            else:
                spec[words[0]] = int(words[1])
    return spec


class Step:
    """Kernels (key, FLOP, ns) of one unit of a job on one of 8 devices; key None = communication."""

    def __init__(self, spec, job):
        self.spec, self.job, self.kernels, self.node = spec, job, [], None

    def memory(self, nbytes):
        return nbytes * 5 // (self.spec["memory"] * 4)

    def kernel(self, kind, precision, flop, ns):
        self.kernels.append(((self.job["run"], self.node, precision), flop, 1000 + ns, kind))

    def gemm(self, m, n, k):
        precision = self.job["precision"]
        width = 1 if precision == "fp8" else 2
        flop = 2 * m * n * k
        nbytes = width * (m * k + k * n) + 2 * m * n
        self.kernel(0, precision, flop, max(flop * 10 // (self.spec[precision] * 7), self.memory(nbytes)))

    def attention(self, flop, nbytes):
        self.kernel(1, "bf16", flop, max(flop * 2 // self.spec["bf16"], self.memory(nbytes)))

    def elementwise(self, count, flop, nbytes):
        self.kernel(2, "fp32", count * flop, self.memory(count * nbytes))

    def gap(self, nbytes):
        self.kernels.append((None, 0, 5000 + nbytes // self.spec["link"], 3))

    def forward(self, t, attended, cache):
        h, f, a = self.job["hidden"], self.job["ffn"] // 8, self.job["hidden"] // 8
        self.elementwise(t * h, 6, 4)
        self.gemm(t, 3 * a, h)
        self.attention(4 * attended * a, 8 * t * a + cache)
        self.gemm(t, h, a)
        self.gap(2 * t * h)
        self.elementwise(t * h, 6, 4)
        self.gemm(t, 2 * f, h)
        self.elementwise(t * f, 8, 6)
        self.gemm(t, h, f)
        self.gap(2 * t * h)

    def backward(self, t, attended):
        h, f, a = self.job["hidden"], self.job["ffn"] // 8, self.job["hidden"] // 8
        self.gemm(t, f, h)
        self.gemm(f, h, t)
        self.elementwise(t * f, 14, 10)
        self.gemm(t, h, 2 * f)
        self.gemm(h, 2 * f, t)
        self.elementwise(t * h, 9, 6)
        self.gap(2 * t * h)
        self.gemm(t, a, h)
        self.gemm(a, h, t)
        self.attention(10 * attended * a, 16 * t * a)
        self.gemm(t, h, 3 * a)
        self.gemm(h, 3 * a, t)
        self.elementwise(t * h, 9, 6)
        self.gap(2 * t * h)

    def head(self, t):
        v = self.job["vocabulary"] // 8
        self.gemm(t, v, self.job["hidden"])
        self.elementwise(t * v, 5, 4)


def body(spec, job, variant):
    step = Step(spec, job)
    t = job["tokens"] // 16 * (9 + variant)
    if job["kind"] == "train":
        attended = t * job["context"] // 2
        step.node = "forward"
        for _ in range(job["layers"]):
            step.forward(t, attended, 0)
        step.head(t)
        step.node = "backward"
        for _ in range(job["layers"]):
            step.backward(t, attended)
    else:
        step.node = "decode"
        for _ in range(job["layers"]):
            step.forward(t, t * job["context"], t * job["context"] * (job["hidden"] // 8) // 2)
        step.head(t)
    return step.kernels


def tail(spec, job, variant):
    step = Step(spec, job)
    if job["kind"] == "train":
        step.node = "optimizer"
        parameters = (4 * job["hidden"] ** 2 + 3 * job["hidden"] * job["ffn"]) // 8
        for _ in range(job["layers"]):
            step.gap(2 * parameters)
            step.elementwise(parameters, 12, 16)
    else:
        step.node = "prefill"
        t = job["context"] // 16 * (9 + variant)
        for _ in range(job["layers"]):
            step.forward(t, t * t // 2, 0)
        step.head(16)
    return step.kernels


def job_of(spec, host):
    place, share = host * 1000 // spec["hosts"], 0
    for job in spec["jobs"]:
        share += job["permille"]
        if place < share:
            return job
    return None


def samples(spec, job, steps, host, device):
    """Yield (key, kind, FLOP, end ns) of one device."""
    random = Random(spec["seed"], host * 8 + device + 1)
    variant = random.next() >> 61
    duration = lambda kernels: sum(kernel[2] for kernel in kernels)
    body_ns, tail_ns = duration(steps[0][variant]), duration(steps[1][variant])
    instant = random.next() % (job["period"] * body_ns + tail_ns)
    unit = min(instant // body_ns, job["period"])
    instant -= unit * body_ns
    now = 0
    while True:
        for key, flop, ns, kind in steps[0 if unit < job["period"] else 1][variant]:
            if instant >= ns:
                instant -= ns
                continue
            instant = 0
            jitter = random.jitter()
            now += ns + (ns * jitter >> 10)
            if now > spec["slice-ns"]:
                return
            if key is not None:
                yield key, kind, flop + jitter, now
        unit = unit + 1 if unit < job["period"] else 0
        variant = random.next() >> 61


NODES = {"forward": 0, "backward": 1, "optimizer": 2, "decode": 0, "prefill": 1}


def main(path):
    spec = read(path)
    steps = {
        job["run"]: tuple([unit(spec, job, variant) for variant in range(8)] for unit in (body, tail))
        for job in spec["jobs"]
    }
    totals = {}
    digest_of_hosts = []
    for host in range(spec["hosts"]):
        job = job_of(spec, host)
        digest = 0
        for device in range(8):
            digest ^= 0xCBF29CE484222325
            if job is not None:
                base = spec["jobs"].index(job) * 9
                for key, kind, flop, now in samples(spec, job, steps[job["run"]], host, device):
                    total = totals.setdefault(key, [0, 0])
                    total[0] += flop
                    total[1] += 1
                    for word in (base + NODES[key[1]] * 3 + kind, flop, now):
                        digest = ((digest ^ word) * 0x100000001B3) & MASK
            digest = mix(digest)
        digest_of_hosts.append(digest)
    print("# made by testdata/replay/golden.py; do not edit")
    for host, digest in enumerate(digest_of_hosts):
        print(f"host {host} {digest:016x}")
    for (run, node, precision), (flop, count) in sorted(totals.items()):
        print(f"total {run} {node} {precision} {flop} {count}")


main(sys.argv[1])
