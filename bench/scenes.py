"""Made scenes: people, as small as wished, walk through a still place of 1920x1080.

The place is the median picture of a recording, a part of it enlarged to 1920x1080: `street` is that of
PETS09-S2L1 (a street with signs, bollards and two parked cars), `plaza` a bare floor out of the demo's clip.
Sensor noise of 1.5 grey levels lies over it, another in each picture. People are cut from PETS09-S2L1
(bench/cast.py), given the height that the scene asks for, and walk at their own pace: one comes in at a
border, stands for some seconds perhaps, goes back or on. They come in two waves with nobody between. All is
encoded as a camera would (H.264) and kept in .cache/bench; seeds make it the same each time.

Pasted people are the best case: no shadow, no blur, light that fits less well than in life.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
from PIL import Image

from bench import cast
from bench.cast import CAST_FPS, CutOut, Gait, Pixels
from bench.truth import Labelled
from dev.footage import fetch_footage
from edge.base.values import Rect

WIDTH, HEIGHT = 1920, 1080
NOISE, NOISES = 1.5, 12                 # grey levels; different pictures of it
# Constant quality: with a constant rate, or coarser, key frames pulse and the noise becomes slow blotches,
# which the motion gate takes for motion; that is another bench's matter.
ENCODER = {"preset": "ultrafast", "qp": "18"}
PLACES = {"street": Rect(0, 40, 768, 472), "plaza": Rect(900, 560, 1824, 1080)}
HALF_HIDDEN = 0.5
CACHE = Path(".cache") / "bench"
# Two cars of the demo's road, and what they are in: picture of the clip, rect.
CARS = ((180, Rect(461, 316, 603, 437)), (180, Rect(223, 288, 345, 392)))


@dataclass(frozen=True, slots=True)
class Walk:
    """One person's way: in from a border, a stand, and out again. Ratios are of the picture."""

    since_s: float
    from_left: bool
    foot_y: float
    height: float
    walk_s: float           # from the border inwards
    stand_s: float
    returns: bool           # goes back where they came from; otherwise on
    gait: int
    door_x: float = 0.0     # from the border to where they appear, whole, and vanish again


@dataclass(frozen=True, slots=True)
class Drive:
    """One car that comes towards the camera or goes away from it."""

    since_s: float
    approaches: bool
    car: int
    lane: float             # middle of the picture is 0


@dataclass(frozen=True, slots=True)
class Scene:
    """What is made; equal scenes are the same pictures."""

    name: str
    place: str
    seconds: float
    walks: tuple[Walk, ...] = ()
    parked: int = 0                     # cars: the first stands from the start, the second drives in
    drives: tuple[Drive, ...] = ()
    size: tuple[int, int] = (WIDTH, HEIGHT)
    fps: int = 10


@dataclass(frozen=True, slots=True)
class Made:
    """A scene on disk and who is where in it, pixels of its own size, by picture."""

    video: Path
    people: tuple[tuple[Labelled, ...], ...]
    walking: tuple[frozenset[int], ...]         # who of them is on the move
    fps: int


def crowd(name: str, place: str, heights: tuple[tuple[float, float], ...], seed: int,
          size: tuple[int, int] = (WIDTH, HEIGHT)) -> Scene:
    """Two waves, one from each side, in which every band of heights has three people; nobody between."""
    rng = np.random.default_rng(seed)
    walks = []
    for wave, from_left in ((3.0, True), (36.0, False)):
        for band, (low, high) in enumerate(heights * 3):
            walks.append(Walk(wave + band * 5 / len(heights) / 3 + float(rng.uniform(0, 1)), from_left,
                              float(rng.uniform(0.35, 0.9)), float(rng.uniform(low, high)),
                              float(rng.uniform(5, 8)), float(rng.choice([0.0, 2.0, 4.0])), True,
                              int(rng.integers(1000))))
    return Scene(name, place, 65, tuple(walks), size=size)


def one_walker(seed: int, height: float = 0.07) -> Scene:
    """Nobody but one person at a time, who crosses half of the picture and comes back."""
    rng = np.random.default_rng(seed)
    walks = tuple(Walk(since_s, from_left, float(rng.uniform(0.4, 0.8)), height, 9, stand_s, True,
                       int(rng.integers(1000)))
                  for since_s, from_left, stand_s in ((4, True, 0), (28, False, 3)))
    return Scene("one walker", "street", 52, walks)


def wakes(seed: int, height: float = 0.25) -> Scene:
    """A still place that someone comes into through a door eight times, seven seconds after the last one."""
    rng = np.random.default_rng(seed)
    walks = tuple(Walk(5 + 10 * index + float(rng.uniform(0, 0.2)), bool(index % 2), 0.8, height, 1.2, 0,
                       True, int(rng.integers(1000)), door_x=0.3) for index in range(8))
    return Scene("wakes", "street", 85, walks, size=(1280, 720), fps=20)


def parked(seed: int) -> Scene:
    """Two cars that stand, one from the start and one that drives in, while people pass."""
    people = crowd("parked", "street", ((0.1, 0.14),), seed)
    return Scene("parked", "street", 65, people.walks, parked=2, size=(1280, 720))


def approach() -> Scene:
    """Eight cars one after the other, every second one going away, as `perspective` has them."""
    drives = tuple(Drive(3 + 6.5 * index, index % 2 == 0, index // 2 % 2, -0.5 if index % 2 == 0 else 0.5)
                   for index in range(8))
    return Scene("approach", "street", 56, drives=drives, size=(1280, 720), fps=20)


def perspective(since_s: float, approaches: bool, lane: float, width_by_height: float = 1.17) -> Rect | None:
    """Where a car is that long after its start, in ratios; None before and after.

    From 50 to 2 m at 12 m/s, seen as in a clip of a highway: from 4 % of the height at 38 % down the picture
    to 43 % where it touches the lower edge.
    """
    way_m = 12 * since_s
    far_m = 50 - way_m if approaches else 2 + way_m
    if not 2 <= far_m <= 50:
        return None
    foot_y = 0.31 + 3.45 / far_m
    height = 0.62 * 3.45 / far_m
    half_width = height * width_by_height * HEIGHT / WIDTH / 2
    middle = 0.5 + lane * 1.2 / far_m
    return Rect(middle - half_width, foot_y - height, middle + half_width, foot_y)


def make(scene: Scene, shared: Path) -> Made:
    """The scene, made where it is not kept from before: some 20 s each."""
    recipe = hashlib.sha256(json.dumps(asdict(scene)).encode())
    for source in (__file__, cast.__file__):
        recipe.update(Path(source).read_bytes())
    video = CACHE / f"{scene.name.replace(' ', '-')}-{recipe.hexdigest()[:12]}.mp4"
    stage = _Stage(scene, shared)
    there = [stage.there(index / scene.fps) for index in range(round(scene.seconds * scene.fps))]
    if not video.is_file():
        CACHE.mkdir(parents=True, exist_ok=True)
        unfinished = video.with_suffix(".part.mp4")
        _encode(unfinished, (stage.picture(shown, index) for index, shown in enumerate(there)), scene)
        unfinished.replace(video)
    factors = scene.size[0] / WIDTH, scene.size[1] / HEIGHT
    return Made(video, tuple(_labels(shown, factors) for shown in there),
                tuple(frozenset(each.who for each in shown if each.walks) for shown in there), scene.fps)


@dataclass(frozen=True, slots=True)
class _Shown:
    """One thing in one picture of the stage."""

    who: int                # 0: a car
    cut_out: CutOut
    left: int
    top: int
    walks: bool

    @property
    def rect(self) -> Rect:
        rect = self.cut_out.rect
        return Rect(rect.x0 + self.left, rect.y0 + self.top, rect.x1 + self.left, rect.y1 + self.top)


class _Stage:
    """The place and who is on it when."""

    def __init__(self, scene: Scene, shared: Path) -> None:
        self._scene = scene
        empty, self._gaits = _people(shared)
        self._empty = _place(scene.place, empty)
        self._noisy: list[Image.Image] = []
        self._sized: dict[tuple[int, int, bool], CutOut] = {}
        self._cars = [_car(index) for index in range(scene.parked)]
        self._drivers = [_car(index, 1.0) for index in range(2 if scene.drives else 0)]

    def there(self, now_s: float) -> list[_Shown]:
        """Everything that is (partly) in the picture, the farthest first."""
        shown = [each for who, walk in enumerate(self._scene.walks, 1)
                 if (each := self._walker(who, walk, now_s)) is not None]
        shown += [_parked(car, index, now_s) for index, car in enumerate(self._cars)]
        shown += [each for drive in self._scene.drives if (each := self._driver(drive, now_s)) is not None]
        whole = Rect(0, 0, WIDTH, HEIGHT)
        return sorted((each for each in shown if each.rect.intersection(whole).area > 0),
                      key=lambda each: each.rect.y1)

    def picture(self, shown: Sequence[_Shown], index: int) -> Image.Image:
        if not self._noisy:
            self._noisy = [_with_noise(self._empty, seed) for seed in range(NOISES)]
        image = self._noisy[index * 7 % NOISES if index % 2 else index * 5 % NOISES].copy()
        for each in shown:
            _paste(image, each.cut_out.image, each.left, each.top)
        return image

    def _walker(self, who: int, walk: Walk, now_s: float) -> _Shown | None:
        gait = self._gaits[walk.gait % len(self._gaits)]
        factor = walk.height * HEIGHT / gait.height_px
        speed_px = abs(gait.speed_px) * factor * CAST_FPS           # a second
        since_s = now_s - walk.since_s
        back_s = since_s - walk.walk_s - walk.stand_s
        lasts_s = walk.walk_s + (0 if walk.door_x else 2)       # 2 s: until the border hides all of them
        if since_s < 0 or (back_s > lasts_s and walk.returns):
            return None
        inwards_s = min(since_s, walk.walk_s)
        moving = since_s < walk.walk_s or back_s > 0
        gone_s = inwards_s - max(0.0, back_s) if walk.returns else inwards_s + max(0.0, back_s)
        rightwards = walk.from_left != (back_s > 0 and walk.returns)
        step = int((inwards_s + max(0.0, back_s)) * CAST_FPS) % len(gait.steps)
        cut_out = self._resized(walk.gait % len(self._gaits), step, rightwards != (gait.speed_px > 0), factor)
        # Of the foot, from the border.
        way_px = walk.door_x * WIDTH + gone_s * speed_px - (0 if walk.door_x else cut_out.rect.width / 2)
        foot_x = way_px if walk.from_left else WIDTH - way_px
        left = round(foot_x - cut_out.rect.foot[0])
        return _Shown(who, cut_out, left, round(walk.foot_y * HEIGHT - cut_out.rect.y1), moving)

    def _driver(self, drive: Drive, now_s: float) -> _Shown | None:
        rect = perspective(now_s - drive.since_s, drive.approaches, drive.lane)
        if rect is None:
            return None
        car = self._drivers[drive.car]
        cut_out = car.resized(rect.height * HEIGHT / car.rect.height)
        x, y = rect.foot[0] * WIDTH, rect.y1 * HEIGHT
        return _Shown(0, cut_out, round(x - cut_out.rect.foot[0]), round(y - cut_out.rect.y1), True)

    def _resized(self, gait: int, step: int, mirrored: bool, factor: float) -> CutOut:
        key = (gait, step, mirrored)
        if key not in self._sized or abs(self._sized[key].rect.height / (
                self._gaits[gait].steps[step].rect.height * factor) - 1) > 0.05:
            self._sized[key] = self._gaits[gait].steps[step].resized(factor, mirrored)
        return self._sized[key]


@cache
def _people(shared: Path) -> tuple[Pixels, list[Gait]]:
    return cast.people(shared)


@cache
def _clip(name: str) -> list[Pixels]:
    return cast.decoded(fetch_footage(Path(".cache") / "footage")[name])


def _car(index: int, factor: float = 1.6) -> CutOut:
    picture, rect = CARS[index]
    return cast.block(_clip("road")[picture], rect).resized(factor)


def _parked(car: CutOut, index: int, now_s: float) -> _Shown:
    """The second one comes from the right and stands from 8 s on; it slows down as cars do."""
    left = 700 + index * 500
    if index:
        way = min(1.0, max(0.0, (now_s - 4) / 4))
        left += round((WIDTH - left) * (1 - math.sin(way * math.pi / 2)))
    return _Shown(0, car, left, 250 + index * 60, False)


def _place(name: str, street: Pixels) -> Image.Image:
    picture = street if name == "street" else cast.median(_clip("plaza")[::8])
    part = Image.fromarray(picture).crop(cast.whole(PLACES[name]))
    return part.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)


def _with_noise(image: Image.Image, seed: int) -> Image.Image:
    noise = np.random.default_rng(seed).normal(0, NOISE, (HEIGHT, WIDTH, 1))
    return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))


def _paste(image: Image.Image, cut_out: Image.Image, left: int, top: int) -> None:
    """`cut_out`, premultiplied, over a part of `image`; what lies outside is cut off."""
    box = Rect(left, top, left + cut_out.width, top + cut_out.height).clipped(WIDTH, HEIGHT)
    if box.area <= 0:
        return
    x0, y0, x1, y1 = cast.whole(box)
    part = np.asarray(cut_out)[y0 - top:y1 - top, x0 - left:x1 - left].astype(np.uint16)
    below = np.asarray(image.crop((x0, y0, x1, y1))).astype(np.uint16)
    mixed = part[:, :, :3] + below * (255 - part[:, :, 3:]) // 255
    image.paste(Image.fromarray(np.minimum(mixed, 255).astype(np.uint8)), (x0, y0))


def _labels(shown: Sequence[_Shown], factors: tuple[float, float]) -> tuple[Labelled, ...]:
    """People, and which share of each neither the border nor anybody nearer hides."""
    labels = []
    for place, each in enumerate(shown):
        if each.who:
            inside = each.rect.clipped(WIDTH, HEIGHT)
            hidden = max((inside.intersection(other.rect).area for other in shown[place + 1:]), default=0.0)
            visible = (inside.area - hidden) / each.rect.area
            labels.append(Labelled(each.who, inside.scaled(*factors), visible))
    return tuple(labels)


def _encode(path: Path, pictures: Iterator[Image.Image], scene: Scene) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=scene.fps, options=ENCODER)
        stream.width, stream.height = scene.size
        stream.pix_fmt, stream.gop_size = "yuv420p", 2 * scene.fps
        for index, image in enumerate(pictures):
            image = image.resize(scene.size, Image.Resampling.BOX)
            frame = av.VideoFrame.from_ndarray(np.asarray(image), "rgb24")
            frame.pts, frame.time_base = index, Fraction(1, scene.fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
