"""`./run test camera`: the real picamera2 on libcamera's virtual cameras, and watch on them, in a root."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import av
from PIL import Image

from dev.camera.root import ArchiveAwayError, CameraRoot
from dev.footage import fetch_footage
from dev.image.steps import BuildError, step
from models.store import default_dir

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "camera"
_TESTS = "tests/system/camera"
_WITHIN_S = 900.0
# What the first camera shows over and over, each four times: people who walk, every second picture of a clip.
_CLIP, _PICTURES, _EVERY = "vid.mp4", 8, 2
_SIZE_PX = (1920, 1080)


def main(arguments: list[str]) -> int:
    CACHE.mkdir(parents=True, exist_ok=True)
    if subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], check=False).returncode:
        print("camera: not tried, since nobody may mount here, not even root", file=sys.stderr)
        return os.EX_TEMPFAIL
    try:
        made = CameraRoot(ROOT, CACHE).made()
    except ArchiveAwayError as exc:
        print(f"camera: not tried, since its root cannot be made now: {exc}", file=sys.stderr)
        return os.EX_TEMPFAIL
    except BuildError as exc:
        print(f"camera: {exc}", file=sys.stderr)
        return os.EX_SOFTWARE
    enter = [Path(__file__).parent / "enter.sh", made, ROOT, default_dir(), _frames()]
    command = [*map(str, enter), "python3", "-m", "pytest", "-c", "/dev/null", "--rootdir", "/src",
               "--confcutdir", f"/src/{_TESTS}", "-p", "no:cacheprovider", "-ra", "-v", "--durations=5",
               *_files(), *arguments]
    sys.stdout.flush()
    return subprocess.run(command, timeout=_WITHIN_S, check=False).returncode


def _files() -> list[str]:
    return sorted(f"/src/{path.relative_to(ROOT)}" for path in (ROOT / _TESTS).glob("real_*.py"))


def _frames() -> Path:
    """0.jpg, 1.jpg, ..., which the virtual camera wants in a folder."""
    folder = CACHE / "frames"
    if not (folder / f"{_PICTURES - 1}.jpg").exists():
        folder.mkdir(exist_ok=True)
        with step("pictures for the camera", "camera"):
            clips = ROOT / ".cache" / "footage"
            fetch_footage(clips)
            with av.open(str(clips / _CLIP)) as container:
                for number, picture in enumerate(container.decode(video=0)):
                    if number == _PICTURES * _EVERY:
                        break
                    if number % _EVERY == 0:
                        pixels = picture.reformat(*_SIZE_PX).to_ndarray(format="rgb24")
                        Image.fromarray(pixels).save(folder / f"{number // _EVERY}.jpg")
    return folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
