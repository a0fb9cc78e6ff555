#!/usr/bin/env python3
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# PyTorch on an NVIDIA GPU with a known number of operations in each precision, through cuBLAS, cuBLASLt and cuDNN:
#
#     ./flopmeter run --out result.json -- python3 testdata/programs/gpu_torch.py > expected.json
#     python3 testdata/programs/gpu_torch.py --compare expected.json result.json
#
# Every section derives its count from its sizes by the definition of the operation, not by what PyTorch calls. What
# PyTorch does with kernels of its own (element-wise work, reductions, its flash attention) is not a library call: not
# here, and not counted. A section that this PyTorch or this device cannot do is left out of both sides and named.
import json
import sys

EXPECTED = {}
SECTIONS = {}
SKIPPED = {}
context = None


def count(section, precision, flop_count):
    """Expect flop_count more of that precision."""
    EXPECTED[precision] = EXPECTED.get(precision, 0) + flop_count
    part = SECTIONS.setdefault(section, {})
    part[precision] = part.get(precision, 0) + flop_count


def product(torch, section, precision, kind, m, n, k, batch=0, weight=2):
    """m x k by k x n, `batch` times in one call when it is not 0."""
    shape = (batch,) if batch else ()
    a = torch.ones(shape + (m, k), device="cuda", dtype=kind)
    b = torch.ones(shape + (k, n), device="cuda", dtype=kind)
    _ = a @ b
    count(section, precision, weight * max(batch, 1) * m * n * k)


def products(torch):
    torch.backends.cuda.matmul.allow_tf32 = False
    product(torch, "products", "fp32", torch.float32, 512, 768, 1024)
    product(torch, "products", "fp64", torch.float64, 384, 256, 512)
    product(torch, "products", "fp32", torch.complex64, 128, 192, 256, weight=8)
    product(torch, "products", "fp16", torch.float16, 1024, 512, 2048)
    product(torch, "products", "bf16", torch.bfloat16, 2048, 1024, 512)
    product(torch, "products", "bf16", torch.bfloat16, 4097, 1031, 513)
    product(torch, "products", "fp32", torch.float32, 64, 96, 128, batch=7)
    product(torch, "products", "bf16", torch.bfloat16, 256, 128, 64, batch=12)
    product(torch, "products", "fp64", torch.float64, 33, 65, 17, batch=5)
    torch.backends.cuda.matmul.allow_tf32 = True
    product(torch, "products", "tf32", torch.float32, 1024, 1024, 768)
    product(torch, "products", "tf32", torch.float32, 128, 96, 64, batch=9)
    torch.backends.cuda.matmul.allow_tf32 = False


def vectors(torch):
    a = torch.ones((700, 900), device="cuda")
    x = torch.ones(900, device="cuda")
    _ = torch.mv(a, x)
    _ = torch.dot(x, x)
    count("vectors", "fp32", 2 * 700 * 900 + 2 * 900)


def fp8(torch):
    a = torch.ones((512, 1024), device="cuda").to(torch.float8_e4m3fn)
    b = torch.ones((768, 1024), device="cuda").to(torch.float8_e4m3fn)
    one = torch.ones((), device="cuda")
    _ = torch._scaled_mm(a, b.t(), scale_a=one, scale_b=one, out_dtype=torch.bfloat16)
    count("fp8", "fp8", 2 * 512 * 768 * 1024)


def int8(torch):
    a = torch.ones((256, 512), device="cuda", dtype=torch.int8)
    b = torch.ones((384, 512), device="cuda", dtype=torch.int8)
    _ = torch._int_mm(a, b.t())
    count("int8", "int8", 2 * 256 * 384 * 512)


def convolution(torch, section, precision, kind, groups):
    """Forward and both gradients: three times 2 x outputs x (channels of a group x kernel)."""
    x = torch.ones((4, 32, 28, 30), device="cuda", dtype=kind, requires_grad=True)
    layer = torch.nn.Conv2d(32, 48, (3, 5), padding=1, stride=2, groups=groups).to("cuda", kind)
    y = layer(x)
    y.sum().backward()
    count(section, precision, 3 * 2 * y.numel() * (32 // groups) * 3 * 5)


def convolutions(torch):
    torch.backends.cudnn.benchmark = False
    for groups in (1, 2):
        convolution(torch, "convolutions", "bf16", torch.bfloat16, groups)
        convolution(torch, "convolutions", "fp16", torch.float16, groups)
    torch.backends.cudnn.allow_tf32 = False
    convolution(torch, "convolutions", "fp32", torch.float32, 1)


def convolutions_tf32(torch):
    """cuDNN may do these in TF32 or not: what is booked is what its engine says of itself."""
    torch.backends.cudnn.allow_tf32 = True
    convolution(torch, "convolutions-tf32", "tf32", torch.float32, 1)
    torch.backends.cudnn.allow_tf32 = False


def attention(torch):
    """Full square, forward 2 products, backward 5; a causal mask changes nothing in the definition."""
    b, h, s, d = 2, 8, 512, 64
    q, k, v = (torch.randn((b, h, s, d), device="cuda", dtype=torch.bfloat16, requires_grad=True) for _ in range(3))
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.CUDNN_ATTENTION):
        for is_causal in (False, True):
            out = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=is_causal)
            out.backward(torch.ones_like(out))
            count("attention", "bf16", (4 + 10) * b * h * s * s * d)


def recurrent(torch):
    """Per token and gate (input + state) x state; the gradients of data and of weights are as many products each."""
    length, batch, inputs, state = 20, 16, 64, 128
    network = torch.nn.LSTM(inputs, state, num_layers=2, bidirectional=True).to("cuda", torch.float16)
    x = torch.randn((length, batch, inputs), device="cuda", dtype=torch.float16, requires_grad=True)
    out, _ = network(x)
    out.sum().backward()
    per_token = 2 * 2 * 4 * state * ((inputs + state) + (2 * state + state))
    count("recurrent", "fp16", 3 * length * batch * per_token)


def perceptron(torch, kind):
    layers = torch.nn.Sequential(torch.nn.Linear(256, 512), torch.nn.ReLU(), torch.nn.Linear(512, 64))
    return layers.to("cuda", kind)


# Forward 2 products, gradients of both weights and of what lies between the layers.
STEP = 2 * 128 * (2 * 256 * 512 + 3 * 512 * 64)


def training(torch):
    for kind, precision in ((torch.float32, "fp32"), (torch.bfloat16, "bf16")):
        network = perceptron(torch, kind)
        optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
        x = torch.randn((128, 256), device="cuda", dtype=kind)
        for _ in range(5):
            optimizer.zero_grad()
            network(x).square().sum().backward()
            optimizer.step()
        count("training", precision, 5 * STEP)


def graphs(torch):
    """3 steps to warm up, one captured, which computes nothing, and 11 replays."""
    network = perceptron(torch, torch.bfloat16)
    x = torch.randn((128, 256), device="cuda", dtype=torch.bfloat16)
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            network.zero_grad(set_to_none=True)
            network(x).square().sum().backward()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    network.zero_grad(set_to_none=True)
    with torch.cuda.graph(graph):
        network(x).square().sum().backward()
    for _ in range(11):
        graph.replay()
    count("graphs", "bf16", (3 + 11) * STEP)


def enter(section):
    """Let what this thread does from here on belong to a node of that name, when a meter is there."""
    global context
    import ctypes

    try:
        context = context or ctypes.CDLL("libflopmeter.so.0")
        context.flopmeter_context_push(None, section.encode())
    except (AttributeError, OSError):
        pass


def leave():
    if context is not None:
        context.flopmeter_context_pop()


def run():
    import torch

    for section in (products, vectors, fp8, int8, convolutions, convolutions_tf32, attention, recurrent, training,
                    graphs):
        name = section.__name__.replace("_", "-")
        enter(name)
        try:
            section(torch)
            torch.cuda.synchronize()
        except (AttributeError, NotImplementedError, RuntimeError) as error:
            SKIPPED[name] = str(error).splitlines()[0] if str(error) else type(error).__name__
        leave()
    device = torch.cuda.get_device_name()
    json.dump({"expected": EXPECTED, "sections": SECTIONS, "skipped": SKIPPED, "torch": torch.__version__,
               "cudnn": torch.backends.cudnn.version(), "device": device}, sys.stdout, indent=1)
    print()


def compare(expected_file, result_file):
    """One line per precision and node. Autograd runs gradients on threads of its own: those are in no node."""
    with open(expected_file, encoding="utf-8") as file:
        expected = json.load(file)
    with open(result_file, encoding="utf-8") as file:
        result = json.load(file)
    failures = 0
    for precision in sorted(set(expected["expected"]) | set(result["byPrecision"])):
        wanted = expected["expected"].get(precision, 0)
        interval = result["byPrecision"].get(precision, {"lower": "0", "point": "0"})
        # Importing NumPy checks its BLAS with a dot product of length 2: 4 operations, on the CPU.
        slack = 16 if precision == "fp32" else 0
        is_equal = wanted <= int(interval["lower"]) <= wanted + slack
        failures += 0 if is_equal else 1
        print(f"{precision:>8} expected {wanted:>16} lower {interval['lower']:>16} point {interval['point']:>16}"
              f" {'equal' if is_equal else 'DIFFERENT'}")
    for section, parts in expected["sections"].items():
        metered = result["byNode"].get(section, {}).get("lower", "0")
        print(f"  {section:>18} expected {sum(parts.values()):>16} in its node {metered:>16}")
    for section, reason in expected["skipped"].items():
        print(f"  {section:>18} left out: {reason}")
    print("  cuda:", result["bySource"].get("cuda"))
    for gap in result["gaps"]:
        print("  gap:", gap.get("source"), gap.get("reason"))
    return 1 if failures or expected["skipped"] else 0


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "--compare":
        sys.exit(compare(sys.argv[2], sys.argv[3]))
    run()
