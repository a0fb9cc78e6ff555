# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
"""One NumPy operation of known size: linalg.py gemm|single|complex|syrk|solve|inverse|cholesky|qr|svd. Counts: expected.csv."""
import sys

import numpy as np

operation = sys.argv[1] if len(sys.argv) > 1 else "gemm"
spd = np.eye(50) * 60 + 1.0

if operation == "gemm":
    result = np.ones((120, 130)) @ np.ones((130, 140))
elif operation == "single":
    result = np.ones((120, 130), np.float32) @ np.ones((130, 140), np.float32)
elif operation == "complex":
    result = np.ones((20, 30), np.complex128) @ np.ones((30, 40), np.complex128)
elif operation == "syrk":
    a = np.ones((120, 130))
    result = a @ a.T
elif operation == "solve":
    result = np.linalg.solve(spd, np.ones((50, 3)))
elif operation == "inverse":
    result = np.linalg.inv(spd)
elif operation == "cholesky":
    result = np.linalg.cholesky(spd)
elif operation == "qr":
    result = np.linalg.qr(np.ones((60, 50)) + np.eye(60, 50))[0]
elif operation == "svd":
    result = np.linalg.svd(np.eye(60) + 1.0, compute_uv=False)
else:
    sys.exit("unknown operation " + operation)
print(operation, bool(np.isfinite(result).all()))
