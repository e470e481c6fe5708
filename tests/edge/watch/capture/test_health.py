"""One camera's pictures, looked at once a second."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pytest

from edge.base.values import NS_PER_S
from edge.contract.messages import CameraState
from edge.watch.capture.health import CameraChange, HealthWatch, visible
from edge.watch.capture.structure import structure_of
from edge.watch.capture.tamper import TamperWatch
from edge.watch.capture.view_reference import LEARN_LOOKS, ViewReference

Luma = npt.NDArray[np.uint8]


def _scene(seed: int, low: int = 40, high: int = 200) -> Luma:
    """A picture with camera noise, other in each frame."""
    noise = np.random.default_rng(seed).integers(-2, 3, (180, 320))
    slope = np.linspace(low, high, 320)[None, :]
    return np.asarray(np.clip(slope + noise, 0, 255), dtype=np.uint8)


def _watch(pictures: dict[int, Luma], live: bool = True, masked: bool = False, fps: int = 5,
           until_s: int = 60) -> list[tuple[float, CameraState]]:
    """Play `pictures`, each from its second on (None of it: a moving scene); what was told, and when."""
    watch, told, current = HealthWatch(stall_s=10, live=live), [], _scene(0)
    for k in range(until_s * fps):
        current = pictures.get(k // fps, current) if k % fps == 0 else current
        finding = watch.look(current, masked, 5 * NS_PER_S + k * NS_PER_S // fps)
        if finding is not None:
            assert isinstance(finding, CameraChange)
            told.append((k / fps, finding.state))
    return told


def _moving(seconds: range, **kind: int) -> dict[int, Luma]:
    return {second: _scene(second, **kind) for second in seconds}


def test_a_working_camera_is_left_alone() -> None:
    """
    Pictures that differ by noise alone give no finding.
    """
    assert [] == _watch(_moving(range(60)))


def test_the_same_picture_for_ever_is_frozen() -> None:
    """
    A camera that repeats one picture for nine seconds is frozen, and told once when it moves again.
    """
    pictures = _moving(range(20)) | _moving(range(45, 60))

    assert [(28.0, CameraState.FROZEN), (45.0, CameraState.OK)] == _watch(pictures)


def test_a_file_may_stand_still() -> None:
    """
    A recording of a test card is no frozen camera.
    """
    assert [] == _watch({}, live=False)


@pytest.mark.parametrize(("kind", "state"), [
    ({"low": 16, "high": 25}, CameraState.DARK), ({"low": 120, "high": 123}, CameraState.COVERED),
    ({"low": 235, "high": 255}, CameraState.OVER_EXPOSED)])
def test_what_one_picture_shows_is_believed_when_it_lasts(kind: dict[str, int], state: CameraState) -> None:
    """
    Seven seconds of black, white or one even colour are told; five are a passing lorry. Back takes three.
    """
    passing = _moving(range(60)) | _moving(range(10, 15), **kind)
    lasting = _moving(range(60)) | _moving(range(10, 30), **kind)

    assert [] == _watch(passing)
    assert [(17.0, state), (33.0, CameraState.OK)] == _watch(lasting)


def test_a_night_scene_with_a_lamp_is_not_dark() -> None:
    """
    A tenth of the picture lit is something to see.
    """
    night = _scene(1, low=16, high=20)
    night[:, :32] = 180

    assert CameraState.OK is visible(night, masked=False)


def test_masked_parts_do_not_count() -> None:
    """
    A picture of which most is masked is judged by the rest; one that is masked altogether is fine.
    """
    luma = _scene(1)
    luma[:, 32:] = 0

    assert CameraState.DARK is visible(luma * 0 + 16, masked=True)
    assert CameraState.OK is visible(luma, masked=True)
    assert CameraState.OK is visible(luma * 0, masked=True)


def test_other_size_is_another_picture() -> None:
    """
    A camera that changes its resolution is not compared with what it was.
    """
    watch = HealthWatch(stall_s=1, live=True)
    for second in range(8):
        luma = _scene(3) if second < 1 else _scene(3)[:90]
        finding = watch.look(luma, False, second * NS_PER_S)
        assert (finding is not None) == (second == 2), second


@lru_cache
def _walls(seed: int) -> Luma:
    """Walls, windows and kerbs of a made-up street."""
    rng = np.random.default_rng(seed)
    luma = np.full((360, 640), 120, np.uint8)
    for _ in range(120):
        top, left = int(rng.integers(0, 330)), int(rng.integers(0, 600))
        luma[top:top + int(rng.integers(8, 80)), left:left + int(rng.integers(8, 80))] = rng.integers(40, 220)
    return luma


@lru_cache
def _grain(seed: int) -> npt.NDArray[np.int16]:
    return np.asarray(np.random.default_rng(seed).normal(0, 1.5, (360, 640)), np.int16)


def _noisy(luma: npt.NDArray[np.integer] | npt.NDArray[np.floating], noise: int) -> Luma:
    """With a sensor's noise, another in each of sixteen pictures."""
    return np.asarray(np.clip(luma + _grain(noise % 16), 1, 255), np.uint8)


def _street(seed: int, noise: int = 0) -> Luma:
    return _noisy(_walls(seed).astype(np.int16), noise)


@lru_cache
def _soft_walls(seed: int) -> npt.NDArray[np.float32]:
    """The same, out of focus."""
    blurred = _walls(seed).astype(np.float32)
    for axis in (0, 1):
        blurred = np.mean([np.roll(blurred, step, axis) for step in range(-6, 7)], axis=0)
    return blurred


@lru_cache
def _reference() -> ViewReference:
    watch = TamperWatch()
    for look in range(LEARN_LOOKS):
        watch.look(structure_of(_home(look)))
    assert watch.reference is not None
    return watch.reference


def _told(*parts: tuple[int, Callable[[int], Luma]]) -> list[tuple[int, CameraState]]:
    """Play parts, each for some seconds; what was told in which second of all."""
    watch, told, second = HealthWatch(stall_s=10, live=True, tamper=TamperWatch(_reference())), [], 0
    for seconds, picture in parts:
        for _ in range(seconds):
            change = watch.look(picture(second), False, (second + 5) * NS_PER_S)
            if change is not None:
                told.append((second, change.state))
            second += 1
    return told


def _home(second: int) -> Luma:
    return _street(1, second)


@pytest.mark.parametrize(("picture", "state"), [
    (lambda second: _street(2, second), CameraState.MOVED),
    (lambda second: _noisy(_soft_walls(1), second), CameraState.DEFOCUSED),
    (lambda second: _noisy(_soft_walls(3) / 4 + 60, second), CameraState.COVERED)])
def test_another_view_is_told_within_ten_seconds(picture: Callable[[int], Luma], state: CameraState) -> None:
    """
    A camera that is turned, out of focus or covered is told as that, once, and well again when it shows its
    own view again.
    """
    told = _told((10, _home), (30, picture), (10, _home))

    assert [state, CameraState.OK] == [it for _, it in told]
    assert 10 < told[0][0] <= 19
    assert 40 < told[1][0] <= 44


def test_light_is_no_tampering() -> None:
    """
    A third of the light, another contrast and more noise: the view is where it was.
    """
    def night(second: int) -> Luma:
        return _noisy(_walls(1) / 3 + 15 + 2 * _grain(20 + second % 16), second)

    assert [] == _told((10, _home), (LEARN_LOOKS, night), (20, _home))


def test_what_passes_is_not_told() -> None:
    """
    Five seconds of another view, as of a bus that stops and goes on, are none.
    """
    assert [] == _told((10, _home), (5, lambda second: _street(2, second)), (10, _home))


def test_pictures_that_come_rarely_are_believed_after_three() -> None:
    """
    A camera of which only key frames are decoded, every ten seconds, is judged by three looks.
    """
    watch, told = HealthWatch(stall_s=10, live=True, tamper=TamperWatch(_reference())), []
    for look in range(8):
        change = watch.look(_home(look) if look < 2 else _street(2, look), False, (look + 1) * 10 * NS_PER_S)
        told += [] if change is None else [(look - 2, change.state)]

    assert [(2, CameraState.MOVED)] == told


def test_a_view_is_taken_after_a_minute_and_told_by_nothing_before() -> None:
    """
    A box whose camera nobody has confirmed takes what it sees first; what is turned meanwhile is not known.
    """
    watch = TamperWatch()
    for look in range(LEARN_LOOKS - 1):
        assert watch.look(structure_of(_street(look // 20, look))).state is CameraState.OK
    assert watch.reference is None

    assert not _reference().is_confirmed


def test_a_wrong_clock_is_told_while_the_pictures_are_well() -> None:
    """
    It is the least of what may be wrong: while the camera is covered that is told.
    """
    tamper = TamperWatch(_reference())
    watch = HealthWatch(10, live=True, tamper=tamper, beside=lambda: CameraState.WRONG_TIME)
    told = []
    for second in range(40):
        luma = _home(second) if second < 15 else _noisy(_soft_walls(3) / 4 + 60, second)
        change = watch.look(luma, False, (second + 1) * NS_PER_S)
        told += [] if change is None else [change.state]

    assert [CameraState.WRONG_TIME, CameraState.COVERED] == told
