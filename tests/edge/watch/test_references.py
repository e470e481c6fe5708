"""What is known of the cameras, over restarts."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from edge.contract.messages import CameraState
from edge.health.reference_file import ask_to_confirm, is_asked, read_reference, reference_path, summary
from edge.watch.capture.structure import Structure, structure_of
from edge.watch.capture.view_reference import LEARN_LOOKS, MAX_REGIMES, ViewReference
from edge.watch.references import References, decoded, encoded


@lru_cache
def _look(seed: int) -> Structure:
    edges = np.random.default_rng(seed).integers(40, 200, (18, 32))
    return structure_of(np.kron(edges, np.ones((10, 10))).astype(np.uint8))


def _see(references: References, seed: int, looks: int = LEARN_LOOKS) -> list[CameraState | None]:
    return [references.of("gate").look(_look(seed)).state for _ in range(looks)]


def test_a_view_is_known_again_after_a_restart(tmp_path: Path) -> None:
    """
    What was learned is not learned anew from whatever a turned camera shows now; nobody has confirmed it.
    """
    references = References(tmp_path / "watch", ["gate"])
    _see(references, 1)
    references.step(0.0)

    again = References(tmp_path / "watch", ["gate"])

    assert [CameraState.OK, CameraState.MOVED] == _see(again, 1, 1) + _see(again, 2, 1)
    assert (found := summary(tmp_path / "watch", "gate")) is not None
    assert (False, 1) == (found.is_confirmed, found.lights)


def test_a_technician_confirms_what_is_seen(tmp_path: Path) -> None:
    """
    The view that is known stays and is confirmed from then on, also over a restart.
    """
    references = References(tmp_path, ["gate"])
    _see(references, 1)
    ask_to_confirm(tmp_path, "gate")
    references.step(0.0)
    _see(references, 1, 1)
    references.step(0.0)

    assert not is_asked(tmp_path, "gate")
    reference = References(tmp_path, ["gate"]).of("gate").reference
    assert reference is not None
    assert reference.is_confirmed


def test_a_view_that_was_changed_on_purpose_is_taken_anew(tmp_path: Path) -> None:
    """
    A camera that was turned and confirmed is well at once; a minute later its new view is the right one.
    """
    references = References(tmp_path, ["gate"])
    _see(references, 1)
    assert [CameraState.MOVED] == _see(references, 2, 1)
    references.of("gate").confirm()

    assert {CameraState.OK} == set(_see(references, 2))
    assert [CameraState.OK, CameraState.MOVED] == _see(references, 2, 1) + _see(references, 1, 1)
    reference = references.of("gate").reference
    assert reference is not None
    assert reference.is_confirmed


def test_a_folder_that_cannot_be_written_costs_no_camera(tmp_path: Path,
                                                         caplog: pytest.LogCaptureFixture) -> None:
    """
    Where the card is gone the view is learned all the same, and one line tells that it is not kept.
    """
    (tmp_path / "watch").write_text("no folder")
    references = References(tmp_path / "watch", ["gate"])
    _see(references, 1)
    references.step(0.0)
    references.step(1.0)

    assert [CameraState.MOVED] == _see(references, 2, 1)
    assert 1 == sum("reference cannot be kept: camera=gate" in line for line in caplog.messages)


def test_no_picture_is_kept(tmp_path: Path) -> None:
    """
    What lies on the card is the same for a view and for its negative, and a few KB.
    """
    references = References(tmp_path, ["gate"])
    _see(references, 1)
    references.step(0.0)
    kept = references.of("gate").reference
    assert kept is not None

    negative = structure_of(255 - np.kron(np.random.default_rng(1).integers(40, 200, (18, 32)),
                                          np.ones((10, 10))).astype(np.uint8))
    assert np.allclose(kept.regimes[0].mean.field, negative.field, atol=1e-3)
    assert reference_path(tmp_path, "gate").stat().st_size < 20_000
    assert 0o600 == reference_path(tmp_path, "gate").stat().st_mode & 0o777


@pytest.mark.parametrize("harm", [
    lambda kept: kept | {"version": 2}, lambda kept: kept | {"lights": []},
    lambda kept: kept | {"lights": kept["lights"] * (MAX_REGIMES + 1)}, lambda kept: kept | {"lights": [{}]},
    lambda kept: kept | {"lights": [kept["lights"][0] | {"field": "!"}]},
    lambda kept: kept | {"lights": [kept["lights"][0] | {"steady": kept["lights"][0]["field"]}]},
    lambda kept: kept | {"lights": [kept["lights"][0] | {"steady": 7}]}, lambda kept: {}])
def test_what_is_none_of_ours_is_learned_anew(harm: object) -> None:
    """
    A file of another version, cut short or harmed is no reference, and no error.
    """
    references = References(Path("/nonexistent"), ["gate"])
    _see(references, 1)
    reference = references.of("gate").reference
    assert reference is not None
    kept = json.loads(encoded(reference))
    assert isinstance(decoded(kept), ViewReference)
    assert decoded(json.loads(encoded(replace(reference, is_confirmed=True)))) is not None

    assert callable(harm)
    assert decoded(harm(kept)) is None


def test_a_strange_file_is_an_unknown_view(tmp_path: Path) -> None:
    """
    Neither a folder nor a list in its place stops a camera.
    """
    reference_path(tmp_path, "gate").mkdir()
    reference_path(tmp_path, "yard").write_text("[1]")

    assert [{}, {}] == [read_reference(tmp_path, name) for name in ("gate", "yard")]
    assert [None, None] == [summary(tmp_path, name) for name in ("gate", "yard")]
    assert References(tmp_path, ["gate", "yard"]).of("gate").reference is None
