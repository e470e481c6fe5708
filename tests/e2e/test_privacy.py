"""No video, and no picture but those of events, on the wire or on disk: a test that looks."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import psutil
import pytest
from PIL import Image

from edge.contract.messages import EventData
from tests.e2e.stage import Actor, Stage, heard
from tests.e2e.views import Lookout, peers, written_files
from tests.subscriber import Arrival, Subscriber

MAX_PX, MAX_BYTES = 100, 4096           # tighter than the defaults, so that the bounds are met
FULL_PX, FULL_BYTES = 640, 16384
MASK_RATIO, TINT_RATIO = 0.50, 0.48     # of the width; the codec blurs colour over some pixels
CAMERAS = f"""
[thumbnail]
max_px = {MAX_PX}
max_bytes = {MAX_BYTES}
margin_ratio = 0.6

[evidence]
subject_max_px = {FULL_PX}
subject_max_bytes = {FULL_BYTES}
scene_max_px = {FULL_PX}
scene_max_bytes = {FULL_BYTES}

[cameras.masked]
source = "{{clip}}"
at_end = "stop"
masks = [[[0.0, 0.0], [{MASK_RATIO}, 0.0], [{MASK_RATIO}, 1.0], [0.0, 1.0]]]
[cameras.masked.rules.someone]
kind = "enter"
[cameras.masked.rules.alert]
kind = "dwell"
dwell_s = 1
severity = "alert"

[cameras.bare]
source = "{{clip}}"
at_end = "stop"
[cameras.bare.rules.someone]
kind = "enter"
[cameras.bare.rules.alert]
kind = "dwell"
dwell_s = 1
severity = "alert"
"""

VIDEO = {
    "MP4": re.compile(rb"ftyp|moov|moof|mdat"), "AVI": re.compile(rb"RIFF....AVI ", re.DOTALL),
    "Matroska": re.compile(rb"\x1aE\xdf\xa3"), "FLV": re.compile(rb"^FLV\x01"),
    "H.264 or H.265": re.compile(rb"\x00\x00\x00\x01[\x06\x09\x25\x27\x40-\x47\x61\x65\x67\x68]"),
    "MPEG": re.compile(rb"\x00\x00\x01[\xb3\xb6\xba]"), "MPEG-TS": re.compile(rb"(?:G.{187}){5}", re.DOTALL),
}
# So short that a JPEG may have it, in a table of its own; check_jpeg reads that to its last byte.
BY_CHANCE = {"MPEG", "H.264 or H.265"}
TEXTUAL = re.compile(r"[A-Za-z0-9+/_=-]{100,}|data:")      # base64 of any picture is longer
SOI, EOI = b"\xff\xd8", b"\xff\xd9"
OF_THE_ALARM = tuple(f"{folder}/{name}" for folder in ("guard", "run/guard")
                     for name in ("alarm.", ".alarm.", "calls.json", ".calls.json.new", "guard.lock",
                                  "members."))
# Where a crash was: lines of programs, and which camera's thread it was.
OF_CRASHES = ("run/watch/camera-", "run/watch/fatal-error.txt")
OF_THE_JOURNAL = ("uplink/journal.", "run/uplink/.ward.json.new", "run/uplink/uplink.lock")


def tinted(source: Path, target: Path, size: tuple[int, int] = (960, 540)) -> Path:
    """Five seconds of the recording; all that the mask shall hide is magenta, light and dark."""
    width, height = size
    with av.open(str(source)) as whole, av.open(str(target), "w") as part:
        stream = part.add_stream("libx264", rate=25, options={"preset": "ultrafast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index, picture in zip(range(125), whole.decode(video=0), strict=False):
            planes = picture.reformat(width, height, "yuv420p").to_ndarray()     # luma, then two of a quarter
            for top, colour in ((height, 190), (height + height // 4, 200)):
                chroma = planes[top:top + height // 4].reshape(height // 2, width // 2)
                chroma[:, :round(width // 2 * TINT_RATIO)] = colour
            small = av.VideoFrame.from_ndarray(planes, "yuv420p")
            small.pts, small.time_base = index, Fraction(1, 25)
            part.mux(stream.encode(small))
        part.mux(stream.encode())
    return target


def magenta_ratio(jpeg: bytes) -> float:
    """How much of a picture has the colour that stands behind the mask."""
    pixels = _ycbcr(jpeg)
    return float(np.mean((pixels[..., 1] > 155) & (pixels[..., 2] > 155)))


def cut_by_mask(jpeg: bytes) -> bool:
    """Whether its left edge is black from top to bottom, as where a crop reaches under the mask."""
    return bool(np.all(_ycbcr(jpeg)[:, :2, 0] < 30))


def _ycbcr(jpeg: bytes) -> npt.NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("YCbCr"))


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    """Where programs leave things: each is empty and the process's own."""
    made = {name: tmp_path / name for name in ("home", "temporary", "cwd", "state")}
    for folder in made.values():
        folder.mkdir()
    return made


@pytest.fixture
def lookout(folders: dict[str, Path]) -> Iterator[Lookout]:
    made = Lookout(folders.values())
    yield made
    made.close()


@pytest.mark.usefixtures("model")
def test_nothing_but_events_and_their_pictures_leaves_the_pipeline(
        stage: Stage, footage: dict[str, Path], folders: dict[str, Path], lookout: Lookout,
        tmp_path: Path) -> None:
    """
    Of real footage, every byte on the wire is JSON or a JPEG that an event names, none shows what a mask
    hides; watch writes nowhere, guard what is of the alarm, and uplink to the journal alone, which keeps no
    picture that the ward has.
    """
    config = stage.config(CAMERAS, clip=tinted(footage["plaza"], tmp_path / "tinted.mp4"))
    ours = {"HOME": str(folders["home"]), "TMPDIR": str(folders["temporary"])}
    wire = Subscriber(stage.broker.port, "looker", "#")
    stage.ward()

    stage.broker.stop()
    uplink = stage.uplink(config, environment=ours, folder=folders["cwd"])
    watch = stage.watch(config, environment=ours, folder=folders["cwd"])
    follow(stage, watch, lambda: not watch.running, "watch to end", set(), OF_CRASHES)
    assert 0 == watch.wait()
    assert 0 == uplink.stop()
    owed = [row.payload for row in stage.book.owed(1000) if row.seq is None]
    stage.close_book()
    assert 10 < len(owed) == pictures_in(folders["state"])

    stage.broker.start()
    uplink = stage.uplink(config, environment=ours, folder=folders["cwd"])
    guard = stage.guard(config, environment=ours, folder=folders["cwd"])
    follow(stage, uplink, lambda: stage.owed() == 0, "delivery", {stage.broker.port}, OF_THE_JOURNAL)
    turns = itertools.count()
    follow(stage, guard, lambda: next(turns) > 20, "some looks at guard", set(), OF_THE_ALARM)
    alarm = folders["state"] / "guard/alarm.json"
    follow(stage, guard, alarm.exists, "the alarm", set(), OF_THE_ALARM)
    stage.until_delivered()
    stage.close_book()
    assert 0 == guard.stop()
    assert 0 == uplink.stop()

    arrivals = heard(wire, stage)
    check_wire(arrivals)
    check_masked(arrivals)
    check_disk(stage, folders, lookout, arrivals)
    assert not [it.topic for it in heard(Subscriber(stage.broker.port, "late", "#"), stage)
                if "/image/" in it.topic or "/event/" in it.topic]      # never retained


def follow(stage: Stage, actor: Actor, over: Callable[[], bool], what: str, peer_ports: set[int],
           may_write: tuple[str, ...], timeout_s: float = 30.0) -> None:
    """Look again and again, until it is `over`, at what it has open."""
    looks = 0

    def look() -> bool:
        nonlocal looks
        if actor.running:
            try:
                files, ports = written_files(actor.pid), peers(actor.pid)
            except (FileNotFoundError, ProcessLookupError, psutil.NoSuchProcess):
                return over()
            own = tuple(f"{stage.state}/{name}" for name in may_write)
            strange = {file for file in files if not file.startswith(own)} - {str(actor.log)}
            assert not strange, f"{actor.name} writes elsewhere"
            assert ports <= peer_ports, f"{actor.name} talks to somebody else"
            looks += 1
        return over() and (looks > 10 or not actor.running)     # also where it was over before the first

    stage.until(look, what, timeout_s)
    assert looks > 10


def check_wire(arrivals: list[Arrival], least: int = 11) -> None:
    """Each message is JSON without a picture in it, or a JPEG within its bounds that an event names.

    Pictures of at least so many events are among them.
    """
    pictures: dict[str, int] = {}
    small, full = named(arrivals)
    for arrival in arrivals:
        is_picture = "/image/" in arrival.topic
        for name in VIDEO.keys() - (BY_CHANCE if is_picture else set()):
            signature = VIDEO[name]
            assert not signature.search(arrival.payload), f"{arrival.topic}: looks like {name}"
        if is_picture:
            bounds = (FULL_PX, FULL_BYTES) if arrival.topic in full else (MAX_PX, MAX_BYTES)
            check_jpeg(arrival.payload, *bounds)
            event_id = arrival.topic.split("/image/")[1].split("/")[0]
            pictures[event_id] = pictures.get(event_id, 0) + 1
        else:
            text = arrival.payload.decode("utf-8")
            assert isinstance(json.loads(text), dict)
            assert not TEXTUAL.search(text), f"{arrival.topic}: holds what may be a picture"
    assert small | full == {it.topic for it in arrivals if "/image/" in it.topic}
    assert len(pictures) >= least
    assert {"scene", "before"} <= {topic.rpartition("/")[2] for topic in full}
    assert max(pictures.values()) <= 4          # a subject and at most one better one, a scene, a before


def named(arrivals: list[Arrival]) -> tuple[set[str], set[str]]:
    """The topics of the pictures that events tell of: of thumbnails, and of full sets."""
    small, full = set[str](), set[str]()
    for it in arrivals:
        if "/event/" in it.topic:
            data = EventData.model_validate(it.json["data"])
            full |= {picture.topic for picture in data.pictures}
            small |= {data.image.topic} if data.image and not data.pictures else set()
    return small, full


def check_jpeg(payload: bytes, max_px: int, max_bytes: int) -> None:
    """Exactly one picture, small, and nothing said about it: no EXIF, no comment, no preview."""
    assert payload.startswith(SOI)
    assert payload.endswith(EOI)
    assert (1, 1) == (payload.count(SOI), payload.count(EOI))
    assert len(payload) <= max_bytes
    with Image.open(io.BytesIO(payload)) as picture:
        picture.load()
        assert ("JPEG", 1) == (picture.format, getattr(picture, "n_frames", 1))
        assert max(picture.size) <= max_px
        assert {"jfif", "jfif_version", "jfif_unit", "jfif_density"} >= picture.info.keys()
        assert not picture.getexif()


def check_masked(arrivals: list[Arrival]) -> None:
    """The unmasked camera shows magenta, so the masked one would; it never does, whatever the role."""
    by_topic = {it.topic: it.payload for it in arrivals if "/image/" in it.topic}
    shown: dict[str, list[bytes]] = {"masked": [], "bare": []}
    for it in arrivals:
        if "/event/" in it.topic:
            data = EventData.model_validate(it.json["data"])
            if data.image is not None:
                assert (data.camera == "masked") is data.image.masked
                shown[data.camera].append(by_topic[data.image.topic])
            for picture in data.pictures:
                assert (data.camera == "masked") is picture.masked
                shown[data.camera].append(by_topic[picture.topic])
    assert max(map(magenta_ratio, shown["bare"])) > 0.9
    assert sum(magenta_ratio(jpeg) > 0 for jpeg in shown["bare"]) >= 3
    assert len(shown["masked"]) >= 5
    assert {0.0} == set(map(magenta_ratio, shown["masked"]))
    assert any(map(cut_by_mask, shown["masked"]))


def check_disk(stage: Stage, folders: dict[str, Path], lookout: Lookout, arrivals: list[Arrival]) -> None:
    """Only journal, alarm state and what cameras are held against were made, and no picture is left in them.

    The ward has the pictures.
    """
    made = lookout.created()
    assert made
    state, run = folders["state"], folders["state"] / "run"
    programs = {state / name for name in ("guard", "uplink", "watch")}
    assert {state, *programs} >= {path.parent for path in made}
    assert all(path.name.lstrip(".").startswith(("journal.", "alarm.", "calls.", "members.", "reference-"))
               for path in made - {run, *programs})
    names = {"uplink", "guard", "watch", "run"}
    assert names == {it.name for it in folders["state"].iterdir()}
    assert 0 == pictures_in(folders["state"])
    sent = {hashlib.sha256(it.payload).digest() for it in arrivals if "/image/" in it.topic}
    kept = {hashlib.sha256(path.read_bytes()).digest() for path in (stage.ward_data / "images").rglob("*.*")}
    assert sent == kept


def pictures_in(folder: Path) -> int:
    """How many JPEGs begin in the bytes of all files there, live or left over."""
    return sum(path.read_bytes().count(SOI + b"\xff\xe0") for path in folder.rglob("*") if path.is_file())
