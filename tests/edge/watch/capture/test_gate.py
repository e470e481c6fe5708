"""The motion gate: what it lets through and when, on small made scenes with made time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.base.values import NS_PER_S, Rect
from edge.config.camera_model import MotionSettings
from edge.watch.capture.gate import Motion, MotionGate
from edge.watch.capture.motion import LightSteps

HEIGHT, WIDTH = 120, 160
FRAME_NS = NS_PER_S // 5

Luma = npt.NDArray[np.uint8]


def make_gate(min_area_ratio: float = 0.001, hold_s: float = 2, idle_interval_s: float = 10) -> MotionGate:
    return MotionGate(MotionSettings(min_area_ratio=min_area_ratio, hold_s=hold_s,
                                     idle_interval_s=idle_interval_s))


def textured_ground(seed: int = 1, enlarged: int = 1) -> npt.NDArray[np.float64]:
    """Patches of 8 px between 60 and 180, with fine grain on them."""
    random = np.random.default_rng(seed)
    height, width = HEIGHT * enlarged, WIDTH * enlarged
    patches = random.integers(60, 180, (height // 8, width // 8))
    return np.kron(patches, np.ones((8, 8))) + random.normal(0, 4, (height, width))


def noisy(luma: npt.NDArray[np.float64], random: np.random.Generator, noise: int = 3) -> Luma:
    return np.clip(luma + random.integers(-noise, noise + 1, luma.shape), 0, 255).astype(np.uint8)


def scene(moved: bool) -> Luma:
    """A still picture, or one with a thing of 24 x 40 in it."""
    luma = textured_ground()
    if moved:
        luma[40:80, 60:84] = 230
    return noisy(luma, np.random.default_rng(0), noise=0)


def walk(gate: MotionGate, frames: range, light: Callable[[int], tuple[float, float]],
         walker: Callable[[int], tuple[int, int] | None], noise: int = 3) -> list[tuple[Motion, Rect | None]]:
    """Show frames at 5 a second; `light` gives gain and offset, `walker` the corner of 18 x 40 px."""
    random, ground = np.random.default_rng(frames.start), textured_ground()
    coat = random.integers(0, 255, (40, 18))
    told = []
    for index in frames:
        luma, rect, at = ground.copy(), None, walker(index)
        if at is not None:
            x, y = at
            luma[y:y + 40, x:x + 18] = coat
            rect = Rect(x, y, x + 18, y + 40)
        gain, offset = light(index)
        told.append((gate.look(noisy(luma * gain + offset, random, noise), index * FRAME_NS), rect))
    return told


def daylight(index: int) -> tuple[float, float]:
    return 1.0, 0.0


def nobody(index: int) -> None:
    return None


def touches(motion: Motion, rect: Rect | None) -> bool:
    assert rect is not None
    return any(region.intersection(rect).area > 0 for region in motion.regions)


def test_gate_holds_then_idles() -> None:
    """
    Motion opens the gate for hold_s; a still scene still passes every idle_interval_s.
    """
    gate = make_gate(hold_s=2, idle_interval_s=10)

    passed = [t for t in range(20) if gate.passes(scene(moved=t == 3), t * NS_PER_S)]

    assert [0, 3, 4, 5, 15] == passed


def test_first_frame_passes_without_motion() -> None:
    """
    The first frame is looked at, and nothing is said to move in it.
    """
    motion = make_gate().look(scene(False), 0)

    assert Motion(passes=True, moved=False, regions=(), light_changed=False) == motion


def test_region_is_where_it_moved() -> None:
    """
    The region covers the thing and at most a block of 8 px around it.
    """
    gate = make_gate()
    gate.look(scene(False), 0)

    motion = gate.look(scene(True), FRAME_NS)

    assert (Rect(56, 40, 88, 80),) == motion.regions
    assert motion.moved
    assert not motion.light_changed


@pytest.mark.parametrize("step", [2, 3])
def test_region_is_in_pixels_of_the_camera(step: int) -> None:
    """
    A large picture is thinned out inside; its regions are told in its own pixels.
    """
    large = np.ones((6 * step, 6 * step), np.uint8)      # 1440 x 1920 and 2160 x 2880: steps 3 and 4
    still, moved = (np.kron(scene(value), large) for value in (False, True))
    gate = make_gate()
    gate.look(still, 0)

    [region] = gate.look(moved, FRAME_NS).regions

    side = 6 * step
    thing = Rect(60 * side, 40 * side, 84 * side, 80 * side)
    assert thing.intersection(region).area > 0.95 * thing.area
    assert region.area < 1.5 * thing.area


def test_far_apart_things_are_two_regions() -> None:
    """
    Blocks that do not touch are told apart.
    """
    gate, luma = make_gate(), scene(False)
    gate.look(luma, 0)
    moved = luma.copy()
    moved[8:40, 8:32] = 255 - moved[8:40, 8:32]
    moved[80:112, 120:152] = 255 - moved[80:112, 120:152]

    assert {Rect(8, 8, 32, 40), Rect(120, 80, 152, 112)} == set(gate.look(moved, FRAME_NS).regions)


def test_many_things_are_at_most_16_regions() -> None:
    """
    Forty small things are joined into 16 regions or fewer, and each is in one.
    """
    gate = make_gate(min_area_ratio=0)
    still = np.random.default_rng(3).integers(60, 180, (480, 640)).astype(np.uint8)
    gate.look(still, 0)
    moved, things = still.copy(), []
    for number in range(40):
        x, y = number % 8 * 80 + 16, number // 8 * 88 + 16
        moved[y:y + 16, x:x + 16] = 255 - moved[y:y + 16, x:x + 16] // 2
        things.append(Rect(x, y, x + 16, y + 16))

    motion = gate.look(moved, FRAME_NS)

    assert 1 <= len(motion.regions) <= 16
    assert all(touches(motion, thing) for thing in things)


def test_small_motion_is_left_out() -> None:
    """
    What covers less than min_area_ratio of the picture does not open the gate; enough does.
    """
    gate = make_gate(min_area_ratio=0.06)      # of 19200 px: 1152; the thing with its edges has 1280
    gate.look(scene(False), 0)
    assert gate.look(scene(True), FRAME_NS).moved
    gate = make_gate(min_area_ratio=0.08)
    gate.look(scene(False), 0)
    assert not gate.look(scene(True), FRAME_NS).moved


@pytest.mark.parametrize(("gain", "offset"), [
    (0.35, 20.0), (0.4, 72.0), (1.3, 0.0), (1.0, 40.0), (1.0, -40.0),
])
def test_walker_is_seen_through_a_light_step(gain: float, offset: float) -> None:
    """
    A lamp, an exposure or an infra-red switch is told once; someone who walks is seen again within a
    second, and nothing else moves.
    """
    gate = make_gate()
    walk(gate, range(40), daylight, nobody)

    told = walk(gate, range(40, 80), lambda i: (1.0, 0.0) if i < 60 else (gain, offset),
                lambda i: (10 + 2 * (i - 40), 50))

    seen = [touches(motion, rect) for motion, rect in told]
    assert [True] * 20 == seen[:20]
    assert [True] * 15 == seen[25:]
    assert [60] == [40 + i for i, (motion, _) in enumerate(told) if motion.light_changed]
    assert all(motion.passes for motion, _ in told)


@pytest.mark.parametrize(("light", "noise"), [((1.0, 0.0), 3), ((1.0, 0.0), 15), ((0.25, 10.0), 9)],
                         ids=["day", "noisy", "night"])
def test_walker_is_seen_from_the_start(light: tuple[float, float], noise: int) -> None:
    """
    Someone who walks in the very first frame is seen from the second one on.
    """
    told = walk(make_gate(), range(40), lambda _: light, lambda i: (10 + 2 * i, 50), noise)

    assert [False] + [True] * 39 == [touches(motion, rect) for motion, rect in told]


def test_less_noise_makes_it_see_more_at_once() -> None:
    """
    After a minute of strong noise and then good light, a pale walker is seen within a second.
    """
    gate = make_gate()
    random, ground = np.random.default_rng(0), textured_ground()
    seen = []
    for index in range(330):
        luma = ground.copy()
        if index >= 305:
            x = 10 + 2 * (index - 305)
            luma[50:90, x:x + 18] += 14
        motion = gate.look(noisy(luma, random, noise=15 if index < 300 else 2), index * FRAME_NS)
        seen.append(any(region.intersection(Rect(x, 50, x + 18, 90)).area > 0 for region in motion.regions)
                    if index >= 305 else motion.moved)

    assert not any(seen[20:305])
    assert all(seen[310:])


def test_another_scene_is_looked_at_and_then_quiet() -> None:
    """
    When the camera is turned, it is told as a change, passes for a second, and is then the background.
    """
    gate = make_gate(hold_s=0)
    random = np.random.default_rng(0)
    told = []
    for index in range(40):
        ground = textured_ground(seed=1 if index < 20 else 2)
        told.append(gate.look(noisy(ground, random), index * FRAME_NS))

    assert [20] == [i for i, motion in enumerate(told) if motion.light_changed]
    assert [0, *range(20, 26)] == [i for i, motion in enumerate(told) if motion.passes]
    assert not any(motion.moved for motion in told)


def test_slow_light_is_neither_motion_nor_a_change() -> None:
    """
    Dawn in a minute, 1.3 grey levels a frame at its fastest, opens nothing but idle looks.
    """
    told = walk(make_gate(idle_interval_s=10), range(300),
                lambda i: (1.0, 40 * np.sin(2 * np.pi * i / 190)), nobody)

    assert not any(motion.moved or motion.light_changed for motion, _ in told)
    assert list(range(0, 300, 50)) == [i for i, (motion, _) in enumerate(told) if motion.passes]


@pytest.mark.slow
def test_lamp_that_lights_a_part_is_taken_over() -> None:
    """
    A porch lamp goes on at dusk and stays on, and goes off after a minute: neither moves anything,
    then or later.
    """
    random = np.random.default_rng(5)
    height, width = HEIGHT * 3, WIDTH * 3
    patches = random.integers(20, 80, (height // 8, width // 8))
    ground = np.kron(patches, np.ones((8, 8))) + random.normal(0, 4, (height, width))
    rows, columns = np.mgrid[:height, :width]
    lamp = 1 + 1.5 * np.exp(-((columns - 216) / 150) ** 2 - ((rows - 162) / 110) ** 2)
    gate = make_gate()

    moved = [gate.look(noisy(ground * lamp if 50 <= index < 350 else ground, random, noise=6),
                       index * FRAME_NS).moved for index in range(450)]

    assert [] == [index for index, value in enumerate(moved) if value]


def test_moving_light_is_not_motion() -> None:
    """
    A spot of light that wanders over textured ground, saturating it, moves nothing; with someone in
    it, someone moves.
    """
    random, ground = np.random.default_rng(5), textured_ground(enlarged=3)
    rows, columns = np.mgrid[:HEIGHT * 3, :WIDTH * 3]
    gate = make_gate()
    moved = []
    for index in range(60):
        luma = ground.copy()
        if index >= 45:
            luma[150:230, 180:216] = 30
        if index >= 20:
            spot = np.exp(-((columns - 30 * (index % 16)) / 90) ** 2 - ((rows - 180) / 60) ** 2)
            luma += 110 * spot
        moved.append(gate.look(noisy(luma, random), index * FRAME_NS).moved)

    assert [False] * 45 + [True] * 15 == moved


def test_overexposed_person_is_motion() -> None:
    """
    Someone close to an infra-red lamp, all white and without texture, is no glow: the edge tells.
    """
    gate = make_gate()
    random = np.random.default_rng(0)
    gate.look(noisy(textured_ground() / 2, random), 0)
    bright = textured_ground() / 2
    bright[20:100, 50:90] = 255

    assert (Rect(48, 16, 96, 104),) == gate.look(noisy(bright, random), FRAME_NS).regions


def test_rain_is_not_motion() -> None:
    """
    Thin bright streaks at other places in every frame do not open the gate.
    """
    random, ground = np.random.default_rng(4), textured_ground()
    gate = make_gate(min_area_ratio=0.015)
    moved = 0
    for index in range(100):
        luma = ground.copy()
        for x, y in zip(random.integers(0, WIDTH, 6), random.integers(0, HEIGHT - 12, 6), strict=True):
            luma[y:y + 12, x] += 60
        moved += gate.look(noisy(luma, random), index * FRAME_NS).moved

    assert 0 == moved


def test_leaves_are_learnt_and_a_walker_beside_them_is_not() -> None:
    """
    What stirs all the time, and changes its blocks altogether, is motion at first and no more after
    a good minute; a walker elsewhere still is.
    """
    random, ground = np.random.default_rng(2), textured_ground()
    gate = make_gate(min_area_ratio=0.01)
    leaves, walker = [], []
    for index in range(400):
        luma = ground.copy()
        shift = round(4 * np.sin(index / 2))
        for leaf in range(4):
            x = 90 + 16 * leaf + shift
            luma[16:40, x:x + 6] += 30 + 10 * leaf
        if index >= 370:
            luma[60:100, 2 * (index - 370):2 * (index - 370) + 18] = 20
        motion = gate.look(noisy(luma, random), index * FRAME_NS)
        leaves.append(any(region.y0 < 48 for region in motion.regions))
        walker.append(any(region.y1 > 60 for region in motion.regions))

    assert sum(leaves[:20]) >= 15
    assert sum(leaves[330:]) <= 3
    assert [370] == [i for i in range(1, 400) if walker[i] and not walker[i - 1]]


def test_what_stops_is_motion_for_a_while_and_then_background() -> None:
    """
    Someone who stands still is motion for at least 10 s and at most 20 s more; then idle looks go on,
    and leaving is motion again.
    """
    gate = make_gate(hold_s=2, idle_interval_s=10)
    walk(gate, range(50), daylight, nobody)

    told = walk(gate, range(50, 400), daylight,
                lambda i: (min(10 + 2 * (i - 50), 70), 50) if i < 350 else None)

    stood = 50 + 30                                   # frame of the first standing still
    moved = [i + 50 for i, (motion, _) in enumerate(told) if motion.moved]
    absorbed = min(i for i in range(stood, 400) if i not in moved)
    assert 10 <= (absorbed - stood) / 5 <= 20
    assert not set(moved) & set(range(absorbed, 350))
    looks = [i + 50 for i, (motion, _) in enumerate(told) if motion.passes and absorbed + 12 < i + 50 < 350]
    assert [50] * (len(looks) - 1) == np.diff(looks).tolist()
    assert len(looks) >= 2
    assert 350 in moved


@pytest.mark.parametrize(("bad", "message"), [
    (np.zeros((90, 160), np.uint8), r"^luma: want uint8 \(120, 160\), got uint8 \(90, 160\)"),
    (np.zeros((120, 160), np.int16), r"^luma: want uint8 \(120, 160\), got int16 \(120, 160\)"),
    (np.zeros((120, 160, 3), np.uint8), r"^luma: want uint8 \(120, 160\), got uint8 \(120, 160, 3\)"),
])
def test_another_shape_is_refused(bad: Luma, message: str) -> None:
    """
    A camera that changed its resolution is told so, and the gate goes on with the old one.
    """
    gate = make_gate()
    gate.look(scene(False), 0)
    with pytest.raises(ValueError, match=message):
        gate.look(bad, FRAME_NS)
    assert gate.look(scene(True), 2 * FRAME_NS).moved


@pytest.mark.parametrize("bad", [np.zeros((120, 160, 1), np.uint8), np.zeros((120, 160), np.float32),
                                 np.zeros((15, 160), np.uint8)])
def test_first_frame_must_be_luma(bad: Luma) -> None:
    """
    A first frame that is not a luma plane of at least 16 x 16 is refused.
    """
    with pytest.raises(ValueError, match=r"^luma: want uint8 \(h, w\) of at least 16 x 16, got "):
        make_gate().look(bad, 0)


@given(st.integers(0, 2**32 - 1), st.integers(16, 100), st.integers(16, 100),
       st.lists(st.floats(0.02, 30), min_size=1, max_size=30))
def test_law_constant_picture_never_moves(seed: int, height: int, width: int, gaps_s: list[float]) -> None:
    """
    Whatever the picture, its size and the frame rate: shown again and again, nothing moves.
    """
    luma = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    gate, now_ns = make_gate(), 0
    gate.look(luma, now_ns)
    for gap_s in gaps_s:
        now_ns += round(gap_s * NS_PER_S)
        motion = gate.look(luma, now_ns)
        assert not motion.moved
        assert not motion.light_changed


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(-50, 50), min_size=1, max_size=20))
def test_law_a_lamp_is_not_motion(seed: int, lamps: list[int]) -> None:
    """
    However often the same amount of light is added everywhere, nothing moves.
    """
    ground = np.random.default_rng(seed).integers(50, 206, (64, 96)).astype(np.int16)
    gate = make_gate()
    for index, lamp in enumerate([0, *lamps]):
        assert not gate.look((ground + lamp).astype(np.uint8), index * FRAME_NS).moved


@given(st.integers(0, 2**32 - 1), st.floats(0, 5), st.floats(0.5, 12),
       st.lists(st.tuples(st.floats(0.02, 3), st.integers(0, 3)), min_size=5, max_size=40))
def test_law_passes_at_least_every_idle_interval(
        seed: int, hold_s: float, idle_interval_s: float, script: list[tuple[float, int]]) -> None:
    """
    Whatever is shown, the first frame passes, motion passes, and so does the first frame that is
    idle_interval_s after the last one that passed.
    """
    random = np.random.default_rng(seed)
    pictures = [random.integers(0, 256, (48, 64), np.uint8) for _ in range(3)]
    gate, now_ns, passed_ns = make_gate(hold_s=hold_s, idle_interval_s=idle_interval_s), 0, None
    for gap_s, which in script:
        now_ns += round(gap_s * NS_PER_S)
        luma = pictures[which] if which < 3 else random.integers(0, 256, (48, 64), np.uint8)
        motion = gate.look(luma, now_ns)
        due = passed_ns is None or now_ns - passed_ns >= round(idle_interval_s * NS_PER_S)
        if due or motion.moved or motion.light_changed:
            assert motion.passes
        assert motion.moved == bool(motion.regions)
        assert len(motion.regions) <= 16
        if motion.passes:
            passed_ns = now_ns


@given(st.integers(0, 2**32 - 1), st.integers(16, 70), st.integers(16, 70), st.integers(1, 4),
       st.integers(1, 3))
def test_law_strides_do_not_matter(seed: int, height: int, width: int, pad: int, every: int) -> None:
    """
    A padded, interleaved or flipped plane gives what a contiguous copy of it gives, and is left as it was.
    """
    random = np.random.default_rng(seed)
    one, other = make_gate(), make_gate()
    still = random.integers(0, 256, (height * every, width * every + pad), np.uint8)
    for index in range(4):
        memory = still.copy() if index < 3 else 255 - still
        before = memory.copy()
        view = memory[::every, :width * every:every][::-1]
        view.flags.writeable = False
        assert one.look(view, index * FRAME_NS) == other.look(np.ascontiguousarray(view), index * FRAME_NS)
        assert np.array_equal(before, memory)


@pytest.mark.parametrize("view", [
    lambda memory: memory[1:, 1:], lambda memory: memory[:, ::-1], lambda memory: memory.T,
    lambda memory: memory[:, :-1],
], ids=["odd start", "mirrored", "transposed", "odd width"])
def test_large_picture_is_thinned_alike_for_any_strides(view: Callable[[Luma], Luma]) -> None:
    """
    Above half a million pixels, where every second one is used, strides do not matter either.
    """
    random = np.random.default_rng(11)
    still = random.integers(0, 256, (802, 900), np.uint8)
    moved = still.copy()
    moved[300:400, 200:280] = 255 - moved[300:400, 200:280]
    one, other = make_gate(), make_gate()
    for index, memory in enumerate([still, moved]):
        told = one.look(view(memory), index * FRAME_NS)
        assert told == other.look(np.ascontiguousarray(view(memory)), index * FRAME_NS)
    assert 1 == len(told.regions)


def test_gap_in_time_is_survived() -> None:
    """
    After an hour without frames the same scene is still, and the first frame is looked at.
    """
    gate = make_gate()
    walk(gate, range(30), daylight, nobody)

    told = walk(gate, range(18_030, 18_060), daylight, nobody)

    assert [0] == [i for i, (motion, _) in enumerate(told) if motion.passes]
    assert not any(motion.moved for motion, _ in told)


def test_repeated_time_is_survived() -> None:
    """
    Two frames of the same time do no harm.
    """
    gate = make_gate()
    motions = [gate.look(scene(moved=False), 5) for _ in range(10)]

    assert [True] * 10 == [motion.passes for motion in motions]
    assert not any(motion.moved for motion in motions)


def test_a_lamp_that_flickers_is_no_light_that_was_switched() -> None:
    """
    A step to a light that was not there lately is news; back and forth is none, however often.
    """
    steps = LightSteps()

    assert [steps.is_news(shift) for shift in (0, 16, -16, 16, -16, 40, -40, 40)] == [
        False, True, False, False, False, True, False, False]


def drift(count: int) -> list[tuple[Luma, bool]]:
    """A still place; some of it strays more with each picture after a key frame, which is every fifth."""
    random, strays = np.random.default_rng(5), np.zeros((HEIGHT, WIDTH))
    for top, left in ((16, 24), (64, 96)):
        strays[top:top + 24, left:left + 24] = random.choice([-1.0, 1.0], (6, 6)).repeat(4, 0).repeat(4, 1)
    return [(noisy(textured_ground() + 1.5 * (index % 5) * strays * (index > 60), random, noise=2),
             index % 5 != 0) for index in range(count)]


@pytest.mark.parametrize("believes", [False, True])
def test_drift_is_suspected_and_opens_nothing(believes: bool) -> None:
    """
    What strays from key frame to key frame and hardly changes from one picture to the next is no motion; it
    would be, if its pictures were taken for good ones.
    """
    gate = make_gate(hold_s=0.5)

    told = [gate.look(luma, index * FRAME_NS, drifts=drifts and not believes)
            for index, (luma, drifts) in enumerate(drift(120))][10:]

    assert any(motion.moved for motion in told) is believes
    assert any(motion.suspected_ns is not None for motion in told) is not believes


@pytest.mark.parametrize(("steps", "key", "opens"), [((0, 4, 8), 9, 1), ((0, 0, 0), 2, 2), ((0,) * 7, 9, 5)])
def test_what_moves_opens_it_in_a_picture_that_drifts(steps: tuple[int, ...], key: int, opens: int) -> None:
    """
    What changes from one such picture to the next opens it with the second; what stands, with the next key
    frame, or after a second.
    """
    gate, random = make_gate(), np.random.default_rng(3)
    coat = random.integers(0, 255, (40, 18))
    for index in range(60):
        gate.look(noisy(textured_ground(), random), index * FRAME_NS, drifts=index % 10 != 0)

    moved = []
    for index, x in enumerate(steps):
        luma = textured_ground()
        luma[40:80, 60 + x:78 + x] = coat
        moved.append(gate.look(noisy(luma, random), (60 + index) * FRAME_NS, drifts=index != key).moved)

    assert moved.index(True) == opens
