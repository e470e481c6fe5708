"""From "not that", the ward's signed command, to the event that is no longer sent, and back."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from dev.trial_config import ROOT
from edge.contract.command import CommandName
from edge.contract.lessons import LessonsData
from edge.contract.messages import EventData, Phase
from tests.e2e.stage import Stage
from tests.subscriber import Subscriber
from tests.ward.household import new_key
from tests.ward.wire import settings_for
from ward.command.keys import public_path
from ward.command.order import Order, Teaching
from ward.command.send import NoLog, Sender, Target

CAMERA = """
[cameras.lane]
source = "{clip}"
[cameras.lane.rules.parked]
kind = "enter"
classes = ["car"]
[commands]
keys = ["{key}"]
"""
CAR = slice(258, 386), slice(236, 386)      # of a frame of the recording: one whole car
FRAME, FPS, SECONDS = 60, 10, 2
SILENT_S = 3 * SECONDS


def parked(recording: Path, target: Path) -> Path:
    """A car that stands before a wall, for SECONDS: each time around it is a new one."""
    with av.open(str(recording)) as source:
        picture = next(frame for number, frame in enumerate(source.decode(video=0)) if number == FRAME)
        car = picture.to_ndarray(format="rgb24")[CAR]
    scene = np.random.default_rng(1).integers(100, 130, (360, 640, 3), np.uint8)
    scene[200:200 + car.shape[0], 240:240 + car.shape[1]] = car
    with av.open(str(target), "w") as clip:
        stream = clip.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        for _ in range(SECONDS * FPS):
            clip.mux(stream.encode(av.VideoFrame.from_ndarray(scene, format="rgb24")))
        clip.mux(stream.encode())
    return target


@pytest.mark.slow
@pytest.mark.usefixtures("model")
def test_an_event_that_was_none_is_no_longer_sent_until_that_is_undone(
        stage: Stage, footage: dict[str, Path], tmp_path: Path) -> None:
    """
    A parked car is an event each time that the camera opens anew. Taught by the ward, over a real broker, it
    is none any more, and the box lists the lesson; undone it is one again, and the list is empty.
    """
    key = new_key(tmp_path / "ward.key")
    config = stage.config(CAMERA, clip=parked(footage["road"], tmp_path / "lane.mp4"),
                          key=public_path(tmp_path / "ward.key"))
    wire = Subscriber(stage.broker.port, topic=f"{ROOT.path}/#")
    sender = Sender(settings_for(stage.broker.port), ROOT.ward, key, NoLog())

    def told() -> list[EventData]:
        events = [EventData.model_validate(it.json["data"]) for it in wire.on("/event/lane/enter")]
        return [event for event in events if event.phase is Phase.NEW]

    def listed() -> list[str]:
        lists = [LessonsData.model_validate(it.json["data"]) for it in wire.on("/lessons")]
        return [lesson.id for lesson in lists[-1].lessons] if lists else []

    def order(given: Order) -> None:
        answered = sender.send(Target(ROOT.box, ROOT.group), given, "Trung uý Lan")
        assert answered.result.data.accepted, answered.result.data.reason

    stage.guard(config)
    stage.uplink(config)
    stage.until(lambda: wire.on("/birth"), "the birth")
    stage.watch(config)
    stage.until(lambda: len(told()) >= 2, "a car that is told again and again")

    order(Order(CommandName.NOT_THAT, teaching=Teaching.of(told()[0], None, 1)))
    stage.until(listed, "the box's list")
    seen, since_s = len(told()), time.monotonic()

    def is_silent() -> bool:
        nonlocal seen, since_s
        if len(told()) != seen:
            seen, since_s = len(told()), time.monotonic()
        return time.monotonic() - since_s > SILENT_S

    stage.until(is_silent, "no car to be told for three rounds")
    order(Order(CommandName.NOT_THAT, undo=listed()[0]))
    stage.until(lambda: len(told()) > seen, "the car to be told again")
    stage.until(lambda: not listed(), "the empty list")
    wire.close()
