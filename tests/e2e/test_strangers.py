"""Who is in a picture by chance cannot be made out in it: a detector looks where they were."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from dev.trial_config import trial_config
from edge.base.values import Rect
from edge.commands.replay import ReplaySummary, plan, replay
from edge.config.model import ModelSettings
from edge.contract.messages import EventData, EventPicture, Role
from edge.watch.capture.frame import AvFrame, planar
from edge.watch.installed import Loaded, load_detector

pytestmark = pytest.mark.slow

CONFIG = trial_config("""
[cameras.plaza]
source = "plaza.mp4"
[cameras.plaza.lines]
middle = [[0.5, 0.0], [0.5, 1.0]]
[cameras.plaza.rules.stays]
kind = "dwell"
dwell_s = 1.5
severity = "warning"
[cameras.plaza.rules.crosses]
kind = "cross"
line = "middle"
severity = "alert"
""")
SURE = 0.5              # score of those whom the test itself finds
LEAST_PX = 30           # of somebody's height in a view: below there is no face to see


@dataclass(frozen=True)
class View:
    """A scene or a before as the ward gets it, and whom it is about."""

    facts: EventPicture
    pixels: npt.NDArray[np.float64]        # luma
    subject: Rect                          # in ratios, at the decision


@pytest.mark.usefixtures("model")
def test_nobody_but_the_subject_can_be_made_out(footage: dict[str, Path], tmp_path: Path) -> None:
    """
    In scenes and befores of a busy square the detail of everybody else is gone, the ground is as it was, and
    the subject is still to be seen.
    """
    (tmp_path / "edge.toml").write_text(CONFIG)
    clip, loaded = footage["plaza"], load_detector(ModelSettings())
    views = list(told(clip, tmp_path / "edge.toml", loaded))
    assert {Role.SCENE, Role.BEFORE} == {view.facts.role for view in views}

    kept, cleared, ground = [], [], []
    for view, frame in seen(views, clip):
        size = view.pixels.shape[1], view.pixels.shape[0]
        original = frame.rgb(size).astype(float) @ (0.299, 0.587, 0.114)
        people = [found.rect.scaled(size[0] / frame.width, size[1] / frame.height) for found in
                  loaded.detector.detect(frame, threshold=SURE, labels=frozenset({"person"}), look=None)]
        subject = view.subject.scaled(*size)
        for person in people:
            if person.height >= LEAST_PX and not person.intersection(subject).area:
                cleared.append(kept_of(original, view.pixels, person))
        if view.facts.role is Role.SCENE:
            kept.append(kept_of(original, view.pixels, subject))
        ground.append(np.median(np.abs(view.pixels - original)))

    assert len(cleared) > 500
    assert np.median(cleared) < 0.02
    assert np.mean(np.array(cleared) < 0.15) > 0.98         # whom the box did not see it cannot hide
    assert np.median(kept) > 0.8
    assert max(ground) < 4


def told(clip: Path, config: Path, loaded: Loaded) -> Iterator[View]:
    """The views of the first events."""
    for record in replay(plan([str(clip)], config), loaded, ReplaySummary()):
        data = EventData.model_validate(record.envelope.data)
        for facts, picture in zip(data.pictures, record.pictures, strict=True):
            if facts.role is not Role.SUBJECT:
                with Image.open(io.BytesIO(picture.jpeg)) as opened:
                    yield View(facts, np.asarray(opened.convert("L")).astype(float), Rect(*data.object.rect))
        if record.video_s > 6:
            return


def seen(views: list[View], clip: Path) -> Iterator[tuple[View, AvFrame]]:
    """Each view beside the frame that it was made of."""
    with av.open(str(clip)) as opened:
        for picture in opened.decode(video=0):
            second = round(float(picture.time or 0), 3)
            for view in views:
                if abs(view.facts.media_s - second) < 0.01:
                    yield view, AvFrame(planar(picture), "plaza", 0, second)


def kept_of(original: npt.NDArray[np.float64], view: npt.NDArray[np.float64],
            rect: Rect) -> float:
    """How much of the original's fine detail the view has: 1 all of it, 0 nothing that has to do with it."""
    ours, theirs = (fine(pixels)[int(rect.y0):int(rect.y1), int(rect.x0):int(rect.x1)]
                    for pixels in (original, view))
    return float((ours * theirs).sum() / (ours ** 2).sum())


def fine(pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What differs from pixel to pixel: the Laplacian."""
    around = sum(np.roll(pixels, step, axis) for step in (-1, 1) for axis in (0, 1))
    return np.asarray(4 * pixels - around)
