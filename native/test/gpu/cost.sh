#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# cost.sh BUILD: on a machine with an NVIDIA GPU, PyTorch and a build of this tree, what counting costs a program:
# executed counts in windows and kernel activity, each beside the same program without, in rounds whose order turns.
# Takes about ROUNDS x 45 s (5 rounds). Prints each round, then per way the median of the paired ratios and the worst:
#   burn    FLOP per second of products of 4096^3 with the counts, by those without: 1 costs nothing, below 1 costs
#   launch  microseconds per launch of products of 256^3 with, by without: above 1 costs
# It judges nothing: the figures go into docs/measured.

build=$1
here=$(dirname -- "$0")
python=${PYTHON:-python3}
rounds=${ROUNDS:-5}
seconds=${SECONDS_EACH:-6}
lanes=$build/native/test/lanes_of
LD_LIBRARY_PATH=$build/native/src/lane${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH
out=${OUT:-$(mktemp -d)}

[ -x "$lanes" ] || { echo "SKIPPED: no $lanes"; exit 77; }
"$python" -c 'import torch, sys; sys.exit(0 if torch.cuda.is_available() else 1)' ||
    { echo "SKIPPED: no GPU"; exit 77; }
[ "$rounds" -gt 0 ] 2>/dev/null || { echo "cost.sh: ROUNDS: expected a number from 1, found $rounds"; exit 2; }

# one WAY MODE: the figure of one run, on stdout; nothing when it failed
one()
{
    case $1 in
        off) set -- off "$2" FLOPMETER_EXECUTED=off ;;
        windows) set -- windows "$2" FLOPMETER_EXECUTED=windows FLOPMETER_EXECUTED_PERIOD_MS=3000 ;;
        kernels) set -- kernels "$2" FLOPMETER_KERNELS=on ;;
    esac
    way=$1
    mode=$2
    shift 2
    file=$out/$mode-$way-$round
    env "$@" CUDA_INJECTION64_PATH="$build/native/src/cuda/libflopmeter_cuda.so" \
        "$lanes" "$python" "$here/executed_torch.py" "$mode" "$seconds" >"$file" 2>&1 ||
        { echo "FAIL $mode $way: $(tail -n 1 "$file")" >&2; return 1; }
    awk -v mode="$mode" '
        mode == "launch" && /^LAUNCH/ { sub(/^LAUNCH us=/, ""); print; exit }
        mode == "burn" && /^EXPECT/ {
            for (i = 2; i <= NF; i++) { split($i, part, "="); value[part[1]] = part[2] }
            sum += value["flop"]; took = value["seconds"]
        }
        END { if (mode == "burn" && took > 0) { printf "%.6g\n", sum / took } }' "$file"
}

failures=0
: >"$out/pairs"
round=1
while [ "$round" -le "$rounds" ]; do
    for mode in burn launch; do
        # The order turns, so that a card that gets warm does not favour one of them.
        case $((round % 3)) in
            0) order='off windows kernels' ;;
            1) order='windows kernels off' ;;
            *) order='kernels off windows' ;;
        esac
        for way in $order; do
            figure=$(one "$way" "$mode") && [ -n "$figure" ] || { failures=$((failures + 1)); continue; }
            echo "$mode $way $round $figure" | tee -a "$out/pairs"
        done
    done
    round=$((round + 1))
done

awk '
    { figure[$1, $2, $3] = $4; last = last < $3 ? $3 : last }
    function tell(mode, way,    n, i, j, t, ratio, worst) {
        for (i = 1; i <= last; i++) {
            if (((mode, way, i) in figure) && figure[mode, "off", i] > 0) {
                ratio[++n] = figure[mode, way, i] / figure[mode, "off", i]
            }
        }
        if (n == 0) { printf "COST %s %s: no pair\n", mode, way; return }
        for (i = 2; i <= n; i++) {
            t = ratio[i]
            for (j = i - 1; j >= 1 && ratio[j] > t; j--) { ratio[j + 1] = ratio[j] }
            ratio[j + 1] = t
        }
        worst = mode == "burn" ? ratio[1] : ratio[n]
        printf "COST %s %s: median %.4f of without, worst %.4f, %d pairs\n", mode, way, \
            n % 2 ? ratio[(n + 1) / 2] : (ratio[n / 2] + ratio[n / 2 + 1]) / 2, worst, n
    }
    END { tell("burn", "windows"); tell("burn", "kernels"); tell("launch", "windows"); tell("launch", "kernels") }
' "$out/pairs"
[ $failures -eq 0 ] || echo "$failures runs failed, see $out"
[ $failures -eq 0 ]
