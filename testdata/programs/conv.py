# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
"""Train a small convolutional network in PyTorch: conv.py [STEPS] [float32|float64]

One step, by definition 2 x positions x outputs x reduction each time (padding not subtracted, bias not counted):
  conv1: batch 4, 16 x 16 positions, 8 outputs, 3 x 3 x 3 reduction:     2 * 1024 *  8 * 27 = 442368
         forward and backward weights (nobody asks for the gradient of the data):     x 2   = 884736
  conv2: batch 4,  8 x  8 positions, 12 outputs, 8/4 x 3 x 3 reduction:  2 *  256 * 12 * 18 = 110592
         forward, backward data, backward weights:                                    x 3   = 331776
  a step: 1216512. In float32 oneDNN does them all; in float64 PyTorch goes through gemm.
"""
import sys

import torch

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 10
dtype = getattr(torch, sys.argv[2] if len(sys.argv) > 2 else "float32")

torch.manual_seed(0)
net = torch.nn.Sequential(
    torch.nn.Conv2d(3, 8, 3, padding=1),
    torch.nn.ReLU(),
    torch.nn.Conv2d(8, 12, 3, stride=2, padding=1, groups=4),
).to(dtype)
optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
data = torch.randn(4, 3, 16, 16, dtype=dtype)

loss = None
for _ in range(steps):
    optimizer.zero_grad()
    loss = net(data).square().mean()
    loss.backward()
    optimizer.step()
print("loss", loss is None or float(loss) >= 0)
