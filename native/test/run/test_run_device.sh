#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# Accelerator devices that COMMAND opens. The nodes are plain files in a folder that stands for /dev: inotify and
# /proc/PID/fd treat them alike.

. "$(dirname -- "$0")/common.sh"

facts=$SCRATCH/facts.json
dev=$SCRATCH/dev
FLOPMETER_TEST_DEV_ROOT=$dev
export FLOPMETER_TEST_DEV_ROOT dev
mkdir -p "$dev/dri" "$dev/accel"
for name in null zero nvidia0 nvidiactl kfd dri/card0 dri/renderD128 accel/accel0 habanalabs0 davinci0 neuron0; do
    : >"$dev/$name"
done

opened()
{
    "$RUN" --quiet --jvm "$jvm" --jvm none --jvm "$SCRATCH" --out "$facts" "$@"
    field acceleratorsOpened "$facts"
}

expect 'none' '[]' "$(opened sh -c 'cat "$dev/null" "$dev/zero" "$dev/dri/card0"; ls -l "$dev" "$dev/dri" >/dev/null')"
for name in nvidia0 nvidiactl kfd dri/renderD128 accel/accel0 habanalabs0 davinci0 neuron0; do
    expect "$name, opened for an instant" "[\"$dev/$name\"]" "$(opened "$HELPER" touch "$dev/$name")"
done
expect 'by a descendant' "[\"$dev/nvidia0\"]" "$(opened sh -c '(sh -c "cat $dev/nvidia0") | cat')"
expect 'two of them' "[\"$dev/kfd\", \"$dev/nvidia0\"]" \
    "$(opened sh -c 'cat "$dev/kfd" "$dev/nvidia0"' | sed 's/\[\(.*nvidia0"\), \(.*kfd"\)\]/[\2, \1]/')"
expect 'inherited' "[\"$dev/kfd\"]" "$(opened true 6<"$dev/kfd")"
expect 'a device that appears' "[\"$dev/nvidia7\"]" \
    "$(opened sh -c ': >"$dev/nvidia7"; exec 6<"$dev/nvidia7"; "$HELPER" burn 400')"

# Another process of the machine holds the device: that explains the open.
echo >"$SCRATCH/running"
echo >"$SCRATCH/holding"
(await test ! -e "$SCRATCH/holding"; exec "$HELPER" hold "$dev/neuron0" "$SCRATCH/running") &
cat >"$SCRATCH/until_held.sh" <<'SCRIPT'
rm "$SCRATCH/holding"
until ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q "$dev/neuron0"; do
    sleep 0.01
done
"$HELPER" burn 300
SCRIPT
opened sh "$SCRATCH/until_held.sh" >"$SCRATCH/out"
expect 'opened by somebody else' '[]' "$(cat "$SCRATCH/out")"
rm "$SCRATCH/running"
wait
finish
