"""A machine of QEMU that boots an image of ours, and says on its serial line what its tests found.

What a test adds lies on the data partition or comes as systemd's system credentials, on the kernel's command
line: never in the image.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dev.image.__main__ import CACHE, ROOT, build
from dev.image.layout import IMAGE, SLOTS
from dev.image.recipe import Mirrors, Request, configured_mirrors, look_up
from models.store import default_dir

# Emulated throughout: where the tests' own machine is virtual, its KVM may stop in the midst of a kernel.
_MACHINES = {
    "arm64": ("qemu-system-aarch64", "-M", "virt,gic-version=3", "-cpu", "cortex-a72"),
    "amd64": ("qemu-system-x86_64", "-M", "q35", "-cpu", "max"),
}
_CONSOLES = {"arm64": "ttyAMA0", "amd64": "ttyS0"}
_MACHINE_ID = "ed6eb0c500004000800000000000000a"    # a Pi's comes from its serial number
_TOLD_CHARS = 6000
_COMMAND_LINE_MAX = 2048
_starts = itertools.count(1)
# Four programs at once on an emulated processor take minutes to be ready, which on a board is a fault.
_PATIENT = {"systemd.unit-dropin.edgebox-.service~slow": "[Service]\nTimeoutStartSec=900\n"}


def made_image(arch: str) -> Path:
    """The folder of the image of the last commit, made if need be."""
    plain, security = configured_mirrors()
    return build(look_up(ROOT, Request(arch, "debian", Mirrors(plain, security)), default_dir()))


def card(made: Path, folder: Path, contents: Path, size_bytes: int) -> Path:
    """A card that holds the image, larger than it, with `contents` on its data partition."""
    disk, data = folder / "card.img", folder / "data.ext4"
    subprocess.run(["cp", "--sparse=always", str(made / IMAGE), str(disk)], check=True)
    table = json.loads(subprocess.run(["sfdisk", "--json", str(disk)],
                                      check=True, capture_output=True).stdout)
    part = next(each for each in table["partitiontable"]["partitions"] if each.get("name") == "data")
    with data.open("wb") as file:
        file.truncate(part["size"] * 512)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-L", "data", "-d", str(contents), str(data)], check=True)
    subprocess.run(["dd", f"if={data}", f"of={disk}", "bs=1M", f"seek={part['start'] * 512}",
                    "oflag=seek_bytes", "conv=notrunc,sparse", "status=none"], check=True)
    data.unlink()
    with disk.open("r+b") as file:
        file.truncate(size_bytes)
    return disk


@dataclass(slots=True)
class Machine:
    """A machine that runs. What it says is kept from its first letter on."""

    process: subprocess.Popen[bytes]
    started_s: float
    log: Path
    said: bytearray = field(default_factory=bytearray)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def listen(self) -> None:
        assert self.process.stdout is not None
        with self.log.open("wb", buffering=0) as log:
            while chunk := self.process.stdout.read1(65536):    # type: ignore[attr-defined]
                log.write(chunk)
                with self._news:
                    self.said += chunk
                    self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def wait_for(self, pattern: str, timeout_s: float) -> re.Match[str]:
        """The first match in all that was said. Fails when the machine ends, panics, or time is over."""
        deadline = time.monotonic() + timeout_s
        with self._news:
            while True:
                text = self.text()
                found = re.search(pattern, text)
                if found:
                    return found
                left_s = deadline - time.monotonic()
                ended = self.process.poll() is not None or "Kernel panic" in text
                if left_s <= 0 or ended:
                    pytest.fail(f"no {pattern!r}; it said:\n{text[-_TOLD_CHARS:]}")
                self._news.wait(min(left_s, 1.0))

    def press_enter(self) -> None:
        """On its serial line, where a test's script may wait for it."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def wait_for_end(self, timeout_s: float) -> None:
        self.process.wait(timeout_s)

    def text(self) -> str:
        return self.said.decode(errors="replace").replace("\r", "")

    @property
    def age_s(self) -> float:
        return time.monotonic() - self.started_s


@contextlib.contextmanager
def booted(arch: str, made: Path, disk: Path, credentials: Mapping[str, str], words: str = "",
           inside: tuple[str, ...] = (), network: str = "user,restrict=on") -> Iterator[Machine]:
    """Power on: the image's own kernel, initramfs and first slot. The disk keeps what was written.

    `words` come to the kernel's command line; `inside` before QEMU's own, which has `network` for a cable.
    """
    told = " ".join(f"systemd.set_credential_binary={name}:{base64.b64encode(text.encode()).decode()}"
                    for name, text in {**credentials, **_PATIENT}.items())
    command_line = (f"console={_CONSOLES[arch]} root=PARTUUID={SLOTS['boot_a']} rootfstype=erofs ro quiet "
                    f"panic=-1 systemd.getty_auto=no systemd.machine_id={_MACHINE_ID} {words} {told}")
    assert len(command_line) < _COMMAND_LINE_MAX, len(command_line)
    log = CACHE / f"serial-{arch}-{next(_starts)}.log"
    print(f"\n{arch}: its serial line is in {log}", file=sys.stderr, flush=True)
    process = subprocess.Popen(
        [*inside, *_MACHINES[arch], "-smp", "2", "-m", "1536", "-accel", "tcg,thread=multi",
         "-nographic", "-no-reboot",
         "-kernel", str(made / "vmlinuz"), "-initrd", str(made / "initrd.img"), "-append", command_line,
         "-drive", f"if=none,id=card,file={disk},format=raw", "-device", "virtio-blk-pci,drive=card",
         "-netdev", f"{network},id=net", "-device", "virtio-net-pci,netdev=net"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    machine = Machine(process, time.monotonic(), log)
    listener = threading.Thread(target=machine.listen, name="serial")
    listener.start()
    try:
        yield machine
    finally:
        process.kill()
        process.wait()
        listener.join()
