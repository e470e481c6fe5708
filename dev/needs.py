"""What the commands of `./run` need of Debian: programs, and the packages that bring them.

A program that our code, our tests or a tool of ours runs stands here under the command that runs it, unless
an essential package has it. tests/dev/test_needs.py finds one that does not.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass

SBIN = "/usr/local/sbin:/usr/sbin:/sbin"        # not on the path of whoever is not root


@dataclass(frozen=True, slots=True)
class Need:
    """Debian packages, and by what we see that they are there."""

    packages: tuple[str, ...]
    programs: tuple[str, ...]   # "gi:Name" is a GObject introspection module of the system's python3
    why: str

    def met(self) -> bool:
        return all(map(_is_there, self.programs))


def _is_there(program: str) -> bool:
    if not program.startswith("gi:"):
        return shutil.which(program, path=f"{os.environ.get('PATH', '')}:{SBIN}") is not None
    code = f"import gi; gi.require_version({program[3:]!r}, '1.0')"
    try:
        return subprocess.run(["/usr/bin/python3", "-c", code], capture_output=True, check=False,
                              env={"PATH": "/usr/bin:/bin"}).returncode == 0
    except FileNotFoundError:
        return False


BROKER = Need(("mosquitto",), ("mosquitto", "mosquitto_passwd"), "a real MQTT broker")
MOUNT = Need(("mount",), ("mount", "umount", "losetup"), "disks in files")
EXT4 = Need(("e2fsprogs",), ("mke2fs", "mkfs.ext4"), "file systems")
FDISK = Need(("fdisk",), ("sfdisk",), "partitions of cards")
FAT = Need(("mtools",), ("mcopy", "mdir", "mformat", "mtype"), "files on cards")
SYSTEMD = Need(("systemd",),
               ("journalctl", "systemctl", "systemd-analyze", "systemd-creds", "systemd-sysusers"),
               "our units, judged and laid out")
NETWORK = Need(("iproute2",), ("ip",), "cables between boxes")
_ROOTS = Need(("mmdebstrap", "arch-test", "debian-archive-keyring"), ("mmdebstrap", "arch-test"),
              "roots of Debian's own")
_RTSP = Need(("python3-gi", "gir1.2-gst-rtsp-server-1.0", "gstreamer1.0-plugins-good",
              "gstreamer1.0-plugins-bad"), ("gi:GstRtspServer",), "a real RTSP server")
_WARD = (BROKER, Need(("openssl",), ("openssl",), "certificates for it"), _RTSP)

BENCH = (BROKER, _RTSP, Need(("motion", "ffmpeg"), ("motion", "ffmpeg"), "programs to compare with"))
TEST = (
    *_WARD, MOUNT, EXT4, FDISK, FAT, NETWORK, SYSTEMD,
    Need(("nftables",), ("nft",), "the box's firewall"),
    Need(("chromium", "chromium-driver"), ("chromium", "chromedriver"), "a real browser"),
    Need(("curl",), ("curl",), "a client of another make"),
    Need(("nftables",), ("nft",), "the firewall's own rules"),
    Need(("poppler-utils",), ("pdftoppm", "pdftotext"), "reading our own PDF files"),
    Need(("zstd",), ("zstd",), "images as they are handed on"),
)
# An image of another processor is made by running its programs under QEMU.
IMAGE = (
    MOUNT, EXT4, FAT, SYSTEMD,
    _ROOTS,
    Need(("genimage", "dosfstools"), ("genimage", "mkdosfs"), "the image's partitions"),
    Need(("erofs-utils",), ("mkfs.erofs",), "its read-only root"),
    Need(("kmod",), ("depmod",), "its kernel's modules"),
    Need(("binfmt-support",), ("update-binfmts",), "running programs of another processor"),
    Need(("qemu-user-static",), ("qemu-aarch64-static",), "running arm64 programs"),
)
TEST_WALLS = (BROKER,)
TEST_LOSSES = (
    BROKER, MOUNT, EXT4, Need(("gcc", "libc6-dev"), ("gcc",), "a clock of a test's own"),
    Need(("cpio",), ("cpio",), "the guest's root"), Need(("busybox-static",), ("busybox",), "its programs"),
    Need(("qemu-system-arm", "ipxe-qemu") if platform.machine() == "aarch64" else ("qemu-system-x86",),
         (f"qemu-system-{platform.machine()}",), "a broker whose power can be cut"),
)
TEST_CAMERA = (MOUNT, _ROOTS)
TEST_SYSTEM = (*IMAGE, *_WARD, NETWORK, Need(("gcc", "libc6-dev"), ("gcc",), "a clock of a test's own"))
TEST_QEMU = (
    *IMAGE, FDISK, NETWORK,
    Need(("qemu-system-arm", "ipxe-qemu"), ("qemu-system-aarch64",), "a machine that boots the image"),
    Need(("qemu-system-x86",), ("qemu-system-x86_64",), "a machine with GPIO"),
)

# By the command that makes sure of them. What is not named here needs nothing of Debian.
NEEDS: dict[str, tuple[Need, ...]] = {
    "test": TEST, "test walls": TEST_WALLS, "test losses": TEST_LOSSES,
    "test camera": TEST_CAMERA,
    "test system": TEST_SYSTEM, "test image": TEST_QEMU,
    "test gpio": TEST_QEMU,
    "bench": BENCH, "image": IMAGE,
}
