#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# 5 training steps of conv.py are 5 x 1216512 FLOP in fp32 (precision 2), 5 calls of each of 5 convolutions, no gap.

preload=$1
program=$2
python=/usr/bin/python3

if ! $python -c 'import sys, torch; sys.exit(not torch.backends.mkldnn.is_available())' >/dev/null 2>&1
then
    echo "SKIPPED: $python has no PyTorch with oneDNN"
    exit 77
fi
if ! $python -c 'import torch, os; print(open("/proc/self/maps").read())' | grep -q libdnnl
then
    echo "SKIPPED: this PyTorch has its oneDNN linked in, nothing can be intercepted"
    exit 77
fi

tally=$(mktemp) || exit 1
trap 'rm -f "$tally"' EXIT
LD_PRELOAD=$preload FLOPMETER_TEST_TALLY=$tally OMP_NUM_THREADS=2 $python "$program" 5 || exit 1
if [ "$(cat "$tally")" != "precision 2 calls 25 flopCount 6082560" ]
then
    echo "counted:"
    cat "$tally"
    exit 1
fi
