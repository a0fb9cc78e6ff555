# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
"""16 products of 64 x 64 matrices in 4 forked worker processes, which the pool ends by SIGTERM."""
import multiprocessing

import numpy as np


def product(size):
    a = np.ones((size, size))
    b = np.full((size, size), 2.0)
    return float((a @ b)[0, 0])


if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(4) as pool:
        print("sum", sum(pool.map(product, [64] * 16, chunksize=1)))
