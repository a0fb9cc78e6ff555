% Copyright The flopmeter authors
% SPDX-License-Identifier: Apache-2.0
%
% A product, a product with the own transpose (Octave turns it into syrk) and a single precision product. Counts: expected.csv.
A = ones(120, 130);
B = ones(130, 140);
C = A * B;
D = A * A';
E = single(A) * single(B);
printf("%d %d %d\n", C(1, 1), D(1, 1), E(1, 1));
