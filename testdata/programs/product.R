# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# A product, a cross product (syrk) and a Cholesky factorization. Counts: expected.csv.
a <- matrix(1, 120, 130)
b <- matrix(2, 130, 140)
c <- a %*% b
d <- crossprod(a)
e <- chol(diag(50) * 60 + 1)
cat(c[1, 1], d[1, 1], e[1, 1] > 0, "\n")
