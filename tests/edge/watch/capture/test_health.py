from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from edge.base.values import NS_PER_S
from edge.contract.messages import CameraState
from edge.watch.capture.health import CameraChange, HealthWatch, visible

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
    A camera that repeats one picture for longer than stall_s is frozen, and told once when it moves again.
    """
    pictures = _moving(range(20)) | _moving(range(45, 60))

    assert [(30.0, CameraState.FROZEN), (45.0, CameraState.OK)] == _watch(pictures)


def test_a_file_may_stand_still() -> None:
    """
    A recording of a test card is no frozen camera.
    """
    assert [] == _watch({}, live=False)


@pytest.mark.parametrize(("kind", "state"), [
    ({"low": 16, "high": 25}, CameraState.DARK), ({"low": 120, "high": 123}, CameraState.COVERED)])
def test_dark_and_covered_are_believed_when_they_last(kind: dict[str, int], state: CameraState) -> None:
    """
    Ten seconds of black, or of one even colour, are told; five are a passing lorry. Back takes ten too.
    """
    passing = _moving(range(60)) | _moving(range(10, 15), **kind)
    lasting = _moving(range(60)) | _moving(range(10, 30), **kind)

    assert [] == _watch(passing)
    assert [(20.0, state), (40.0, CameraState.OK)] == _watch(lasting)


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
        assert (finding is not None) == (second == 3), second
