"""Another scene is told from another light, and from what comes bit by bit. Made pictures, 640 x 360."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
import pytest

from edge.watch.capture.scene_cut import SceneCut

Luma = npt.NDArray[np.uint8]
Levels = npt.NDArray[np.float64]
HEIGHT, WIDTH = 360, 640
YY, XX = np.mgrid[:HEIGHT, :WIDTH]


def ground(seed: int) -> Levels:
    """Patches of 20 x 20 pixels in grey levels of 40 to 200."""
    patches = np.random.default_rng(seed).integers(40, 200, (HEIGHT // 20, WIDTH // 20)).astype(float)
    return np.kron(patches, np.ones((20, 20)))


def shown(levels: Levels, noise: float = 3.0, seed: int = 0) -> Luma:
    noisy = levels + np.random.default_rng(seed).normal(0, noise, levels.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def cuts(pictures: Iterable[Levels], noise: float = 3.0) -> list[int]:
    """Which of the pictures are told as another scene."""
    cut = SceneCut()
    return [index for index, levels in enumerate(pictures) if cut.look(shown(levels, noise, index))]


def test_a_cut_is_told_once() -> None:
    """With the first picture of the other scene; also where it has another size, and where it is mirrored."""
    assert [3, 6] == cuts([ground(1)] * 3 + [ground(2)] * 3 + [ground(2)[:, ::-1]] * 3)
    assert [3] == cuts([ground(1)] * 3 + [ground(2)[:300, :500]] * 3)


def test_another_size_of_the_same_scene_is_no_cut() -> None:
    """A camera that changes its resolution shows the same place."""
    assert [] == cuts([ground(1)] * 3 + [ground(1)[::2, ::2]] * 3)


def test_black_between_is_passed_over() -> None:
    """A fade to black and back is the same scene; black and then another one is a cut, when that is shown."""
    black = [np.full((HEIGHT, WIDTH), 5.0)] * 4
    assert [] == cuts([ground(1)] * 3 + black + [ground(1)] * 3)
    assert [7] == cuts([ground(1)] * 3 + black + [ground(2)] * 3)


LIGHTS: dict[str, Callable[[Levels], Levels]] = {
    "lamp on": lambda levels: levels + 50,
    "lamp off": lambda levels: levels / 8 + 10,
    "infra-red": lambda levels: levels * 0.35 + 20,
    "exposure": lambda levels: levels * 1.6,
    "gamma": lambda levels: 255 * (levels / 255) ** 0.4,
    "lamp from one side": lambda levels: levels * (0.3 + 1.4 * XX / WIDTH),
    "headlight": lambda levels: levels + 180 * np.exp(-(((XX - 300) / 160) ** 2 + ((YY - 200) / 90) ** 2)),
}


@pytest.mark.parametrize("light", LIGHTS)
def test_another_light_is_no_cut(light: str) -> None:
    """Neither when it comes nor when it goes, by day and with the noise of a night."""
    scene = [ground(1)] * 3 + [LIGHTS[light](ground(1))] * 3 + [ground(1)] * 3
    assert [] == cuts(scene)
    assert [] == cuts([levels / 2 + 10 for levels in scene], noise=9)


def test_noise_alone_is_no_scene() -> None:
    """A flat view, as of a wall at night, has nothing that could become another; nor is the dark a scene."""
    dark = [np.full((HEIGHT, WIDTH), 60.0)] * 20
    assert [] == cuts(dark, noise=9)
    assert [] == cuts([ground(1)] * 3 + dark + [ground(1)] * 3, noise=9)


@pytest.mark.parametrize(("pictures", "told"), [(3, []), (6, []), (1, [3])])
def test_a_lorry_before_the_camera(pictures: int, told: list[int]) -> None:
    """It fills the view in three pictures or more, and goes: no cut. At once it cannot be told from one."""
    lorry = np.kron(np.random.default_rng(3).integers(60, 180, (9, 64)), np.ones((40, 20)))
    scene = [ground(1)] * 3
    for step in range(1, 2 * pictures + 1):
        left = WIDTH - step * WIDTH // pictures
        x0, x1 = max(0, left), min(WIDTH, left + WIDTH)
        levels = ground(1)
        levels[:, x0:x1] = lorry[:, x0 - left:x1 - left]
        scene.append(levels)

    assert told == cuts(scene + [ground(1)] * 3)[:1]


def test_a_camera_in_the_wind_is_no_cut() -> None:
    """It sways by a hundredth of the picture."""
    assert [] == cuts([np.roll(ground(1), (index % 3, 6 * (index % 2)), (0, 1)) for index in range(12)])
