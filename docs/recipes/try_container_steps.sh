#!/bin/bash
# Runs the steps of the Containerfile in a chroot, then the command in it: not root, the root read-only, /tmp and /out writable.
# Usage, as root, with debootstrap: try_container_steps.sh CHROOT WHEEL INPUTS OUTPUT
# CHROOT is made by `debootstrap --variant=minbase bookworm CHROOT` where it is missing.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
root=$1 wheel=$2 inputs=$3 output=$4
[ -d "$root/usr" ] || debootstrap --variant=minbase bookworm "$root"
mkdir -p "$root/wheels" "$root/data" "$root/out" "$output"
cp "$wheel" "$root/wheels/"
cp /etc/resolv.conf "$root/etc/"
sed -n 's/^RUN //p' "$here/Containerfile" | while read -r step; do chroot "$root" /bin/sh -euc "$step" </dev/null; done
chown 65532:65532 "$output"
unshare --mount /bin/bash -euc '
  root=$1 inputs=$2 output=$3
  mount --bind "$root" "$root"
  mount --bind "$inputs" "$root/data"; mount -o remount,ro,bind "$root/data"
  mount --bind "$output" "$root/out"
  mount -t tmpfs tmpfs "$root/tmp"
  mount -t proc proc "$root/proc"
  mount --bind /dev/null "$root/dev/null"
  mount -o remount,ro,bind "$root"
  ! chroot --userspec=65532:65532 "$root" /bin/sh -c "touch /etc/x" 2>/dev/null
  ! chroot "$root" /bin/sh -c "touch /etc/x" 2>/dev/null
  exec chroot --userspec=65532:65532 "$root" /usr/bin/env -i HOME=/tmp PYTHONDONTWRITEBYTECODE=1 \
    /opt/dicomtoprint/bin/dicomtoprint batch /data --output /out
' try "$root" "$inputs" "$output"
