#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# Stands for flopmeter-counter. NOTES: a folder for notes; COUNTER_FAULT: what goes wrong; COUNTER_DEVICE: is held open.

echo "$*" >>"$NOTES/counter_arguments"
[ "$1" = watch ] || exit 0
env >"$NOTES/counter_environment"
ls -l /proc/self/fd >"$NOTES/counter_descriptors"
# pid, process group, session and nice value
awk '{ sub(/.*\) /, ""); print $3, $4, $17 }' /proc/$$/stat >"$NOTES/counter_session"
[ -z "${COUNTER_DEVICE:-}" ] || exec 6<"$COUNTER_DEVICE"
case ${COUNTER_FAULT:-none} in
    dies) exit 3 ;;
    hangs) trap '' TERM ;;
    *) trap 'ls "$FLOPMETER_LANE_DIR" >"$NOTES/counter_at_end"; exit 0' TERM ;;
esac
echo $$ >"$NOTES/counter_running"
while :; do
    sleep 0.05
done
