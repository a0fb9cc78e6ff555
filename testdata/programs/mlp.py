# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
"""Trains a 784-512-10 perceptron with batch 64: usage mlp.py [STEPS].

Per step, in fp32 gemm: forward 2*64*784*512 + 2*64*512*10, gradients of both weights the same again, gradient of the hidden
layer 2*64*512*10: 104 726 528. 100 steps are 10 472 652 800 FLOP exactly. The optimizer and the losses run in PyTorch's own
loops, which no library call shows.
"""
import sys

import torch

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 100
torch.manual_seed(1)
model = torch.nn.Sequential(torch.nn.Linear(784, 512), torch.nn.ReLU(), torch.nn.Linear(512, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
images = torch.randn(64, 784)
labels = torch.randint(0, 10, (64,))
loss = None
for _ in range(steps):
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.step()
print("loss %.4f after %d steps" % (loss.item() if loss is not None else float("nan"), steps))
