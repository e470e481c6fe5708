"""The demo's clips: what we say of them, and that a second run needs no network."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev.footage import fetch_footage, read

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "footage"


def test_every_clip_says_where_it_is_from() -> None:
    """
    Two clips, each one file of a package, pinned by sha256, with a licence; an sdist is pinned as a whole.
    """
    clips = read()

    assert ["plaza", "road"] == sorted(clips)
    for clip in clips.values():
        (member,) = clip.package.members
        assert 64 == len(member.sha256)
        assert "MIT" in clip.licence
        assert clip.package.name in clip.told()
        assert clip.package.kind == "wheel" or len(clip.package.sha256 or "") == 64


def test_a_second_run_is_offline_and_silent(monkeypatch: pytest.MonkeyPatch,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    """
    With the clips there, no index is asked and nothing is printed.
    """
    if not all((CACHE / clip.package.members[0].name).is_file() for clip in read().values()):
        pytest.skip(f"needs the clips in {CACHE}: run `./run demo --once`")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")

    paths = fetch_footage(CACHE)

    assert {"plaza": "vid.mp4", "road": "sample_car_video.mp4"} == {
        name: path.name for name, path in paths.items()}
    assert ("", "") == capsys.readouterr()
