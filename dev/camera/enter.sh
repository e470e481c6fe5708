#!/bin/sh
# enter.sh ROOT SOURCE MODELS FRAMES COMMAND...: run it in the root, in namespaces of its own, so that no mount and no
# process outlives it. SOURCE is this repository, read only.
set -eu
exec unshare --mount --pid --fork --kill-child --propagation private sh -euc '
    root=$1
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/tmp"
    mount --bind "$2" "$root/src"
    mount --bind "$3" "$root/models"
    mount --bind "$4" "$root/frames"
    for name in src models frames; do mount -o remount,bind,ro "$root/$name"; done
    shift 4
    kit=/src/tests/system/camera/kit
    # Not exec: this shell is the first process there, and takes in whoever has lost its parent.
    chroot "$root" env -i PATH=/usr/bin:/bin:/usr/sbin HOME=/tmp LC_ALL=C.UTF-8 PYTHONPYCACHEPREFIX=/var/cache/python \
        PYTHONPATH="/src:/opt/site:$kit" EDGEBOX_MODELS=/models CI=1 "$@"' enter "$@"
