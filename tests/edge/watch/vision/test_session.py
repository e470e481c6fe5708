"""Model files that cannot be used: one clear line each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.watch.vision.errors import ModelError
from edge.watch.vision.session import ModelSession
from tests.edge.watch.vision import networks


def refused(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        ModelSession(path, threads=1)
    message = str(caught.value)
    assert message.startswith(f"model {path}: ")
    assert "\n" not in message
    return message


def test_missing_file(tmp_path: Path) -> None:
    """
    A model that is not there names the command that brings it.
    """
    assert "no such file; install it with `edgebox models fetch`" in refused(tmp_path / "none.onnx")


@pytest.mark.parametrize("kept_ratio", [0.0, 0.1, 0.5, 0.99])
def test_truncated_file(tmp_path: Path, kept_ratio: float, capfd: pytest.CaptureFixture[str]) -> None:
    """
    A file that ends early, anywhere, is refused in one line, and onnxruntime adds none of its own.
    """
    whole = networks.yolox(tmp_path / "whole.onnx").read_bytes()
    cut = tmp_path / "cut.onnx"
    cut.write_bytes(whole[:int(len(whole) * kept_ratio)])

    assert "want a whole ONNX file, copy or fetch it again" in refused(cut)
    assert ("", "") == capfd.readouterr()


def test_another_kind_of_file(tmp_path: Path) -> None:
    """
    A file that is no ONNX at all is refused.
    """
    text = tmp_path / "notes.onnx"
    text.write_text("not a model\n" * 50)

    refused(text)


def test_input_must_be_one_float_array(tmp_path: Path) -> None:
    """
    A model that wants other numbers is told with what it wants.
    """
    message = refused(networks.doubles(tmp_path / "doubles.onnx"))

    assert "want one input of tensor(float), found ['images: tensor(double)']" in message


def test_a_batch_that_does_not_fit(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """
    An array of the wrong shape is a ModelError that names both shapes, on one line.
    """
    session = ModelSession(networks.identity(tmp_path / "m.onnx"), threads=1)

    with pytest.raises(ModelError, match=r"cannot run on \(1, 3, 32, 32\)") as caught:
        session.run(np.zeros((1, 3, 32, 32), np.float32))

    assert "\n" not in str(caught.value)
    assert ("", "") == capfd.readouterr()
