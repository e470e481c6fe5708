"""Make docs/images/evidence-montage.jpg, what the ward gets of some events: `python -m dev.evidence_montage`.

Of the demo's clips, which may be shown, by rules that have full pictures. Needs the model and the clips:
`./run demo --once` fetches both.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from dev.footage import fetch_footage
from dev.trial_config import trial_config
from edge.commands.replay import ReplayRecord, ReplaySummary, plan, replay
from edge.contract.messages import EventData, EventPicture, Role
from edge.watch.installed import load_detector

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs/images/evidence-montage.jpg"
CONFIG = trial_config("""
[cameras.plaza]
source = "plaza.mp4"
[cameras.plaza.rules.loitering]
kind = "dwell"
dwell_s = 6
min_height_ratio = 0.12
severity = "alert"

[cameras.road]
source = "road.mp4"
[cameras.road.lines]
here = [[0.2, 0.62], [0.85, 0.62]]
[cameras.road.rules.passes]
kind = "cross"
line = "here"
classes = ["car", "truck", "bus"]
severity = "warning"
""")
ROWS_OF_EACH = 2
VIEW_PX, GAP_PX = (480, 270), 8
PAPER, INK = (250, 250, 248), (40, 40, 40)


@dataclass(frozen=True, slots=True)
class Shown:
    """One event with all three pictures."""

    data: EventData
    pictures: dict[Role, bytes]

    @property
    def subject_px(self) -> int:
        return self.data.pictures[0].width * self.data.pictures[0].height


def full_events(records: Iterator[ReplayRecord]) -> Iterator[Shown]:
    for told in records:
        pictures = {picture.role: picture.jpeg for picture in told.pictures}
        if pictures.keys() == set(Role):
            yield Shown(EventData.model_validate(told.envelope.data), pictures)


def montage(events: list[Shown]) -> Image.Image:
    """One event a row: subject, before, scene, with what the record says of their times."""
    width, height = VIEW_PX
    row_px = height + 20 + GAP_PX
    sheet = Image.new("RGB", (3 * (width + GAP_PX) + GAP_PX, len(events) * row_px + GAP_PX), PAPER)
    pen = ImageDraw.Draw(sheet)
    for row, event in enumerate(events):
        said = {picture.role: picture for picture in event.data.pictures}
        for column, role in enumerate((Role.SUBJECT, Role.BEFORE, Role.SCENE)):
            x, y = GAP_PX + column * (width + GAP_PX), GAP_PX + row * row_px
            pen.text((x, y), f"{event.data.kind} {event.data.object.label}: {_said(said[role])}", fill=INK)
            with Image.open(io.BytesIO(event.pictures[role])) as picture:
                picture.thumbnail(VIEW_PX)
                sheet.paste(picture, (x + (width - picture.width) // 2, y + 16))
    return sheet


def _said(facts: EventPicture) -> str:
    return (f"{facts.role.value}, {facts.media_s:.1f} s, {facts.width} x {facts.height}, "
            f"{facts.bytes / 1024:.0f} KB")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m dev.evidence_montage", description=__doc__)
    parser.add_argument("--out", type=Path, default=TARGET)
    args = parser.parse_args()
    clips = fetch_footage(ROOT / ".cache/footage")
    events: list[Shown] = []
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "edge.toml"
        config.write_text(CONFIG)
        for camera in ("plaza", "road"):
            what = plan([f"{camera}={clips[camera]}"], config)
            found = full_events(replay(what, load_detector(what.model), ReplaySummary()))
            events += sorted(found, key=lambda event: -event.subject_px)[:ROWS_OF_EACH]
    montage(events).save(args.out, quality=80, optimize=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
