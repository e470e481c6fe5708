"""Makes one image of a root folder: a root without a writable bit, in two slots, and a data partition."""

from __future__ import annotations

import shutil
from pathlib import Path

from dev.image.recipe import Recipe
from dev.image.steps import call

IMAGE = "edgebox.img"
ROOT_ID = "ed6eb0c5-0000-4000-8000-0000000000f4"
SLOTS = {"boot_a": "ed6eb0c5-0000-4000-8000-000000000004", "boot_b": "ed6eb0c5-0000-4000-8000-000000000005"}


def lay_out(recipe: Recipe, work: Path, files: Path, out: Path, log: Path) -> None:
    """Write `out`/edgebox.img, and kernel and initramfs beside it for QEMU. Takes them out of the root."""
    environment = {"SOURCE_DATE_EPOCH": str(recipe.epoch), "E2FSPROGS_FAKE_TIME": str(recipe.epoch),
                   "E2FSCK_TIME": str(recipe.epoch),
                   "MTOOLS_SKIP_CHECK": "1", "TZ": "UTC"}
    root, parts, folders = work / "root", work / "parts", work / "folders"
    parts.mkdir()
    (folders / "data").mkdir(parents=True)
    boot = root / "boot" / "firmware"
    command_line = (files / "boot" / "cmdline.txt").read_text()
    for slot, system in SLOTS.items():
        shutil.copytree(boot, folders / slot)
        (folders / slot / "cmdline.txt").write_text(command_line.format(root=system))
    for name in ("vmlinuz", "initrd.img"):
        shutil.copy(boot / name, out / name)
    shutil.rmtree(boot)
    boot.mkdir()
    shutil.copy(files / "boot" / "autoboot.txt", parts / "autoboot.txt")
    _same_time(recipe.epoch, root, folders, parts, log=log)
    call(["mkfs.erofs", "-zlz4hc", f"-T{recipe.epoch}", "-U", ROOT_ID, parts / "system.erofs", root],
         log, environment)
    call(["genimage", "--rootpath", folders, "--inputpath", parts, "--outputpath", work / "images",
          "--tmppath", work / "genimage", "--config", files / "genimage.cfg"], log, environment)
    shutil.move(work / "images" / IMAGE, out / IMAGE)


def _same_time(epoch: int, *folders: Path, log: Path) -> None:
    call(["find", *folders, "-exec", "touch", "-h", "-d", f"@{epoch}", "{}", "+"], log)
