#!/bin/sh
# enter.sh ROOT LAYERS DATA CARD ID: becomes systemd of the image, in namespaces that were made already.
# LAYERS are folders for a read-only overlay; DATA and CARD are mounted disks. What the kernel does not keep
# apart for us (its clock, its settings, its modules) stays out of reach.
set -eu
root=$1 layers=$2 data=$3 card=$4 id=$5

mount -t overlay -o "ro,lowerdir=$layers" overlay "$root"
mount -t proc proc "$root/proc"
for path in sys sysrq-trigger; do
    [ -e "$root/proc/$path" ] || continue
    mount --bind "$root/proc/$path" "$root/proc/$path"
    mount -o remount,bind,ro "$root/proc/$path"
done
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 dev "$root/dev"
for name in null zero full random urandom tty; do
    touch "$root/dev/$name"
    mount --bind "/dev/$name" "$root/dev/$name"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
mount -t tmpfs shm "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=755 run "$root/run"
mount --bind "$data" "$root/var/lib/edgebox"
mount --bind "$card" "$root/boot/firmware"

cd "$root"
pivot_root . .
umount -l .
mount --make-rshared /
hostname edgebox
exec env -i container=edgebox-test "container_uuid=$id" PATH=/usr/sbin:/usr/bin \
    setpriv --bounding-set=-sys_time,-sys_module,-sys_rawio \
    /usr/lib/systemd/systemd --system --log-target=journal --log-level=info < /dev/null
