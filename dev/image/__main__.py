"""`./run image`: make a card's image from a commit."""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from dev.image.build import Build
from dev.image.layout import IMAGE
from dev.image.recipe import ARCHES, INPUTS, SOURCES, Mirrors, Recipe, Request, configured_mirrors, look_up
from dev.image.sbom import SBOM
from dev.image.steps import BuildError, step
from models.store import default_dir

ROOT = Path(__file__).resolve().parent.parent.parent
CACHE = ROOT / ".cache" / "image"


def main() -> int:
    args = _arguments()
    started = time.monotonic()
    try:
        plain, security = (args.mirror, f"{args.mirror}-security") if args.mirror else configured_mirrors()
        mirrors = Mirrors(plain, security, args.raspberrypi_mirror, args.keyring)
        request = Request(args.arch, args.sources, mirrors, args.commit, args.anchor)
        recipe = look_up(ROOT, request, default_dir())
        _warn_of_changes()
        made = build(recipe, args.cache)
        args.out.mkdir(parents=True, exist_ok=True)
        image = args.out / f"{recipe.name}.img"
        with step("copy and checksum"):
            _deliver(made, image)
    except BuildError as exc:
        print(f"image: {exc}", file=sys.stderr)
        return os.EX_SOFTWARE
    print(f"image: {image} with its .sha256 and .cdx.json, in {time.monotonic() - started:.0f} s")
    return 0


def build(recipe: Recipe, cache: Path = CACHE) -> Path:
    """The folder with edgebox.img, edgebox.cdx.json, vmlinuz and initrd.img. Raises BuildError."""
    return _started(recipe, cache).run()


def build_root(recipe: Recipe, cache: Path = CACHE) -> Path:
    """The image's root as a folder. Raises BuildError."""
    return _started(recipe, cache).run_root()


def _started(recipe: Recipe, cache: Path) -> Build:
    cache.mkdir(parents=True, exist_ok=True)
    return Build(ROOT, cache, recipe, default_dir())


def _deliver(made: Path, image: Path) -> None:
    subprocess.run(["cp", "--sparse=always", str(made / IMAGE), str(image)], check=True)
    with image.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    image.with_suffix(".img.sha256").write_text(f"{digest}  {image.name}\n")
    shutil.copy(made / SBOM, image.with_suffix(".cdx.json"))


def _warn_of_changes() -> None:
    changed = subprocess.run(["git", "-C", str(ROOT), "status", "--porcelain", "--", *INPUTS],
                             capture_output=True, text=True, check=True).stdout
    if changed:
        print("image: not committed, so not built:\n" + changed, end="", file=sys.stderr)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run image", description=__doc__)
    parser.add_argument("--arch", choices=ARCHES, default="arm64", help="default: %(default)s")
    parser.add_argument("--sources", choices=SOURCES, default="debian",
                        help="whose kernel, cameras and GPIO; default: %(default)s. docs/image.md")
    parser.add_argument("--anchor", type=Path, metavar="FILE",
                        help="the ward's root.crt: bundles of no other ward are believed")
    parser.add_argument("--commit", default="HEAD", metavar="REV", help="default: %(default)s")
    parser.add_argument("--mirror", metavar="URL", help="Debian's; default: as apt is configured here")
    parser.add_argument("--raspberrypi-mirror", metavar="URL", default="",
                        help="of Raspberry Pi's archive, as its documentation or a Pi's own apt names it")
    parser.add_argument("--keyring", type=Path, metavar="FILE", help="the key of Raspberry Pi's archive")
    parser.add_argument("--cache", type=Path, default=CACHE, metavar="DIR",
                        help="where steps are kept; an empty one makes all anew; default: .cache/image")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "image", metavar="DIR",
                        help="default: build/image")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
