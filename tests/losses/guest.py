"""A broker on a machine of its own, whose power can be cut: mosquitto in QEMU, on Debian's own kernel.

A SIGKILL of mosquitto alone keeps what it wrote in the kernel's memory; a power cut does not. So the guest
has a disk of its own, and cutting its power is killing QEMU: what was not flushed to that disk is gone.
"""

from __future__ import annotations

import gzip
import lzma
import platform
import re
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from tests.brokers import MOSQUITTO, until
from tests.system.qemu import Machine

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "losses"
BOOT_S = 90.0
_PORT = 1883
_FLAVOURS = {
    "x86_64": ("linux-image-cloud-amd64", ("qemu-system-x86_64", "-M", "q35", "-cpu", "max"), "ttyS0"),
    "aarch64": ("linux-image-cloud-arm64",
                ("qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72"), "ttyAMA0")}
_DRIVERS = ("virtio_pci", "virtio_blk", "virtio_net")      # ext4 is built in
_INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
for name in {modules}; do /bin/busybox insmod /modules/$name.ko; done
/bin/busybox mount -t ext4 /dev/vda /var/lib/mosquitto || echo "no disk"
/bin/busybox ip link set lo up
/bin/busybox ip addr add 10.0.2.15/24 dev eth0
/bin/busybox ip link set eth0 up
echo "guest up"
while true; do
    /usr/sbin/mosquitto -c /mosquitto.conf
    echo "broker ended: $?"
    /bin/busybox sleep 1
done &
while read -r word; do
    /bin/busybox killall -9 mosquitto
    [ "$word" = erase ] && /bin/busybox rm -f /var/lib/mosquitto/*
    echo "done $word"
done
"""


class GuestBroker:
    """A broker on one port of this machine, which it keeps over power cuts; `config` is mosquitto's own."""

    def __init__(self, folder: Path, port: int, config: str) -> None:
        folder.mkdir()
        self.port, self._folder = port, folder
        self._disk, self._initrd = folder / "disk.img", folder / "initrd.gz"
        self._kernel, modules = _kernel()
        self._machine: Machine | None = None
        self._listener: threading.Thread | None = None
        _make_initrd(self._initrd, modules, config)
        self.erase()

    def erase(self) -> None:
        """A new, empty disk: all that the broker held is gone."""
        assert self._machine is None, "its power is on"
        with self._disk.open("wb") as file:
            file.truncate(256 * 1024 * 1024)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(self._disk)], check=True)

    def power_on(self) -> None:
        """Return at once; `wait` waits until it listens."""
        _, command, console = _FLAVOURS[platform.machine()]
        process = subprocess.Popen(
            [*command, "-m", "512", "-accel", "tcg", "-nographic", "-no-reboot",
             "-kernel", str(self._kernel), "-initrd", str(self._initrd),
             "-append", f"console={console} quiet panic=-1",
             "-drive", f"if=none,id=disk,file={self._disk},format=raw",
             "-device", "virtio-blk-pci,drive=disk",
             "-netdev", f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{self.port}-10.0.2.15:{_PORT}",
             "-device", "virtio-net-pci,netdev=net,romfile="],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._machine = Machine(process, time.monotonic(), self._folder / "serial.log")
        self._listener = threading.Thread(target=self._machine.listen, name="guest")
        self._listener.start()

    @property
    def listens(self) -> bool:
        """Whether mosquitto runs: QEMU itself takes connections from its start on."""
        return self._machine is not None and re.search(r"mosquitto version \S+ running",
                                                       self._machine.text()) is not None

    def wait(self) -> None:
        until(lambda: self.listens, "the guest's broker to run", BOOT_S)

    def kill(self, erase: bool = False) -> None:
        """Kill the program alone, which starts again a second later; `erase` all that it had stored, too."""
        machine = self._machine
        assert machine is not None
        assert machine.process.stdin is not None
        count = machine.text().count("done ")
        machine.process.stdin.write(b"erase\n" if erase else b"kill\n")
        machine.process.stdin.flush()
        until(lambda: machine.text().count("done ") > count, "the guest's broker to be killed", BOOT_S)

    def cut_power(self) -> None:
        """What was not flushed to its disk is gone."""
        assert self._machine is not None
        assert self._listener is not None
        self._machine.process.kill()
        self._machine.process.wait()
        self._listener.join()
        self._machine = self._listener = None

    def close(self) -> None:
        if self._machine is not None:
            self.cut_power()


def _kernel() -> tuple[Path, Path]:
    """Debian's kernel for machines in clouds and the folder of its modules, fetched once."""
    CACHE.mkdir(parents=True, exist_ok=True)
    root = CACHE / "kernel"
    if not root.exists():
        package = _FLAVOURS[platform.machine()][0]
        told = subprocess.run(["apt-cache", "depends", "--important", package], check=True,
                              capture_output=True, text=True).stdout
        named = re.search(r"Depends: (linux-image-\S+)", told)
        assert named is not None, f"{package} names no kernel: {told}"
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            subprocess.run(["apt-get", "download", "-q", named[1]], check=True, cwd=folder)
            (archive,) = Path(folder).glob("*.deb")
            subprocess.run(["dpkg-deb", "-x", str(archive), f"{folder}/root"], check=True)
            shutil.move(f"{folder}/root", root)
    (kernel,) = root.glob("boot/vmlinuz-*")
    (modules,) = root.glob("**/lib/modules/*")
    return kernel, modules


def _make_initrd(target: Path, modules: Path, config: str) -> None:
    """A root in memory: busybox, the modules, mosquitto with its libraries."""
    assert MOSQUITTO is not None
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("bin", "proc", "dev", "tmp", "etc", "modules", "var/lib/mosquitto", "usr/sbin"):
            (root / name).mkdir(parents=True)
        drivers = _with_what_they_need(modules)
        for name, content in drivers.items():
            (root / "modules" / f"{name}.ko").write_bytes(content)
        shutil.copy(shutil.which("busybox") or "/bin/busybox", root / "bin" / "busybox")
        shutil.copy(MOSQUITTO, root / "usr/sbin/mosquitto")
        for library in _libraries(Path(MOSQUITTO)):
            place = root / library.relative_to("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, place)
        (root / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\n")
        (root / "mosquitto.conf").write_text(config)
        init = root / "init"
        init.write_text(_INIT.format(modules=" ".join(drivers)))
        init.chmod(0o755)
        names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
        packed = subprocess.run(["cpio", "--quiet", "-o", "-H", "newc"], input=names.encode(), cwd=root,
                                check=True, capture_output=True).stdout
    target.write_bytes(gzip.compress(packed, 1))


def _with_what_they_need(modules: Path) -> dict[str, bytes]:
    """The guest's drivers as plain modules by name, each after those that it needs."""
    paths = {path.name.partition(".")[0].replace("-", "_"): path for path in modules.rglob("*.ko*")}
    found: dict[str, bytes] = {}

    def add(name: str) -> None:
        if name in found or name not in paths:      # what is no file is built into the kernel
            return
        raw = paths[name].read_bytes()
        content = lzma.decompress(raw) if paths[name].suffix == ".xz" else raw
        told = re.search(rb"\0depends=([^\0]*)\0", content)
        for needed in told[1].decode().split(",") if told and told[1] else ():
            add(needed.replace("-", "_"))
        found[name] = content

    for driver in _DRIVERS:
        add(driver)
    return found


def _libraries(program: Path) -> list[Path]:
    """What the loader of this machine loads for `program`, and the loader itself."""
    told = subprocess.run(["ldd", str(program)], check=True, capture_output=True, text=True).stdout
    return [Path(found) for found in re.findall(r"(/\S+) \(0x", told)]
