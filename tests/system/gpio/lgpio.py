"""lgpio for trixie's Python: Raspberry Pi's archive has a package, Debian none, PyPI no wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from dev.image.__main__ import ROOT
from dev.image.recipe import configured_mirrors

_LOCK = Path(__file__).with_name("lgpio.lock")
_TOOLS = "python3-pip,python3-setuptools,python3-wheel,python3-dev,swig,gcc,libc6-dev"
_KEY = "/usr/share/keyrings/debian-archive-keyring.gpg"


def built() -> Path:
    """A folder to put on the path, of the building machine's processor. Made once, in a root of its own."""
    kept = ROOT / ".cache" / "image" / "lgpio-0.2.2.0"
    if kept.is_dir():
        return kept
    fresh = kept.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:",
                    "--no-build-isolation", "--require-hashes", "-d", str(fresh), "-r", str(_LOCK)],
                   check=True)
    (source,) = fresh.glob("*.tar.gz")
    into = "chroot \"$1\" env PYPI=1 python3 -m pip install --quiet --no-index --no-deps --no-build-isolation"
    subprocess.run(["mmdebstrap", "--quiet", "--mode=root", "--variant=apt", "--format=null",
                    f"--include={_TOOLS}", f"--customize-hook=copy-in {source} /tmp",
                    f"--customize-hook={into} --root-user-action=ignore --target /out /tmp/{source.name}",
                    f"--customize-hook=copy-out /out {fresh}",
                    "trixie", "/dev/null", f"deb [signed-by={_KEY}] {configured_mirrors()[0]} trixie main"],
                   check=True, env=os.environ | {"TMPDIR": str(fresh)})
    (fresh / "out").rename(kept)
    shutil.rmtree(fresh)
    return kept
