"""Recordings through the code of `edgebox replay` with settings of a bench's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.replays import ENTER_PERSON, play
from tests.media import make_clip, moving_block


def test_a_change_reaches_the_camera_and_all_looks_are_counted(tmp_path: Path) -> None:
    """A smaller budget looks at less; pixels of input and time of inference are those of the looks."""
    clip = make_clip(tmp_path / "walk.mp4", moving_block(40))

    whole, less = (play(clip, ENTER_PERSON, [f"camera.fps={fps}", "camera.motion.enabled=false"])
                   for fps in (5, 2))

    assert less.input_px < whole.input_px
    assert whole.looks == whole.summary["inferences"]
    assert whole.input_px == whole.summary["inference_px"]
    assert whole.infer_s > 0
    assert whole.open_s == pytest.approx(4.0, abs=0.3)
    assert whole.summary["frames"] == len(whole.moments)


@pytest.mark.parametrize("change", ["fps=5", "camera.fps", "detector.x=1"])
def test_a_change_that_names_no_setting_is_refused(change: str, tmp_path: Path) -> None:
    """With what is wanted."""
    with pytest.raises(ValueError, match=r"want model\.KEY=VALUE or camera\.KEY=VALUE"):
        play(tmp_path / "none.mp4", ENTER_PERSON, [change])
