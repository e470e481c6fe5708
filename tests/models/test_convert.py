"""Paddle to ONNX: the same answers, sound files, the same bytes, clear refusals."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest

from edge.watch.vision.detector import DetectorSpec, open_detector
from edge.watch.vision.session import ModelSession
from models import convert
from tests.models.paddle_program import CLASSES, SIDE, picodet_like

PICTURE = np.random.default_rng(5).normal(size=(1, 3, SIDE, SIDE))


def test_answers_are_those_of_the_original(tmp_path: Path) -> None:
    """
    Every operator that is converted, and every folded norm and bias, gives what numpy computes of the
    unfolded network.
    """
    model, params, expected = picodet_like(PICTURE)
    path = tmp_path / "small.onnx"
    path.write_bytes(convert.picodet(model, params))

    answers = ModelSession(path, threads=1).run(PICTURE.astype(np.float32))

    assert sorted(expected) == sorted(answers)
    for name, values in expected.items():
        np.testing.assert_allclose(answers[name], values, rtol=2e-4, atol=2e-4, err_msg=name)
    assert all(values.std() > 1e-3 for name, values in expected.items() if "64" not in name)


def test_a_detector_opens_it(tmp_path: Path) -> None:
    """
    The converter's outputs are those that the PicoDet decoder wants.
    """
    model, params, _ = picodet_like(PICTURE)
    path = tmp_path / "small.onnx"
    path.write_bytes(convert.picodet(model, params))

    open_detector(DetectorSpec("small", path, "picodet", tuple("abc")[:CLASSES], SIDE, "rgb", "stretch",
                               1 / 255, (0, 0, 0), (1, 1, 1), 0.6), threshold=0.5, threads=1)


def test_the_file_is_sound_and_always_the_same() -> None:
    """
    The onnx package's own checker, with shape inference, accepts it; a second conversion gives its bytes.
    """
    model, params, _ = picodet_like(PICTURE)
    made = convert.picodet(model, params)
    parsed = onnx.load_from_string(made)

    onnx.checker.check_model(parsed, full_check=True)
    assert (("", convert.OPSET), 8) == ((parsed.opset_import[0].domain, parsed.opset_import[0].version),
                                        parsed.ir_version)
    assert hashlib.sha256(made).digest() == hashlib.sha256(convert.picodet(model, params)).digest()
    assert "BatchNormalization" not in {node.op_type for node in parsed.graph.node}


@pytest.mark.parametrize("kept_ratio", [0.0, 0.3, 0.999])
def test_truncated_files_are_refused(kept_ratio: float) -> None:
    """
    Either file, cut anywhere, is a ValueError that says so; never another exception, never a model.
    """
    model, params, _ = picodet_like(PICTURE)

    for cut in ((model[:int(len(model) * kept_ratio)], params),
                (model, params[:int(len(params) * kept_ratio)])):
        with pytest.raises(ValueError, match=r"ends at|break at|no program|not a PicoDet|too many"):
            convert.picodet(*cut)


def test_other_networks_are_refused() -> None:
    """
    A network without PicoDet's heads, or with an operator that we do not know, is named as such.
    """
    model, params, _ = picodet_like(PICTURE)

    with pytest.raises(ValueError, match="want 4 score maps and as many softmax, found 0 and 4"):
        convert.picodet(model.replace(b"\x04sqrt", b"\x04tanh"), params)
    with pytest.raises(ValueError, match="operator 'hard_swash' is not known to this converter"):
        convert.picodet(model.replace(b"hard_swish", b"hard_swash"), params)
    with pytest.raises(ValueError, match="4 bytes too many behind the last weight"):
        convert.picodet(model, params + bytes(4))
