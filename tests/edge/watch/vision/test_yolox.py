"""YOLOX: its answer on made tensors, and a whole detector on a network whose answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.base.testing import ArrayFrame
from edge.base.values import Detection, Rect
from edge.watch.vision import yolox
from edge.watch.vision.detector import DetectorSpec, open_detector
from edge.watch.vision.errors import ModelError
from edge.watch.vision.look import Look
from tests.edge.watch.vision import networks

BLUE, RED, MAGENTA, CYAN, WHITE = (0, 0, 255), (255, 0, 0), (255, 0, 255), (0, 255, 255), (255, 255, 255)


def spec(path: Path, **changed: object) -> DetectorSpec:
    given = {"name": "colours", "path": path, "family": "yolox", "labels": networks.YOLOX_LABELS,
             "input_px": networks.SIDE, "colour": "bgr", "resize": "letterbox", "scale": 1.0,
             "mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0), "max_iou": 0.65}
    return DetectorSpec(**(given | changed))  # type: ignore[arg-type]


def picture(width: int, height: int, blocks: dict[tuple[int, int], tuple[int, int, int]],
            side: int) -> ArrayFrame:
    """Black, with square blocks of `side` pixels at (column, row) of a grid of that side."""
    pixels = np.zeros((height, width, 3), np.uint8)
    for (column, row), colour in blocks.items():
        pixels[row * side:(row + 1) * side, column * side:(column + 1) * side] = colour
    return ArrayFrame(pixels)


def told(detections: list[Detection]) -> set[tuple[str, float, tuple[float, ...]]]:
    return {(d.label, round(d.score, 3), (d.rect.x0, d.rect.y0, d.rect.x1, d.rect.y1)) for d in detections}


def test_decode_takes_boxes_relative_to_their_cell() -> None:
    """
    x and y count strides from the cell's corner, width and height are logarithms of strides.
    """
    answer = np.zeros((1, 84, 7), np.float32)
    row_2_column_3_of_stride_16 = 64 + 4 * 2 + 3
    answer[0, row_2_column_3_of_stride_16] = [0.25, 0.5, np.log(2), np.log(4), 0.8, 0.5, 1.0]

    found = yolox.decode({"output": answer}, 0.3, (64, 64))

    x, y = 3.25 * 16, 2.5 * 16
    np.testing.assert_allclose(found.boxes, [[x - 16, y - 32, x + 16, y + 32]] * 2, rtol=1e-6)
    np.testing.assert_allclose(found.scores, [0.8, 0.4], rtol=1e-6)     # the best first
    assert [1, 0] == found.classes.tolist()
    assert [1] == yolox.decode({"output": answer}, 0.3, (64, 64), most=1).classes.tolist()


def test_detector_letterboxes_and_reads_bgr(tmp_path: Path) -> None:
    """
    End to end on 128x64: two blocks are found where they are, in full-resolution pixels; a red one is
    not, since it has no blue; nothing is found in the grey padding.
    """
    detector = open_detector(spec(networks.yolox(tmp_path / "m.onnx")), threshold=0.1, threads=1)
    frame = picture(128, 64, {(3, 2): MAGENTA, (6, 1): CYAN, (1, 1): RED}, side=16)

    found = detector.detect(frame, threshold=0.5)

    assert {("red", 1.0, (48, 32, 64, 48)), ("green", 1.0, (96, 16, 112, 32))} == told(found)
    assert all(d.rect.y1 <= 64 for d in detector.detect(frame))     # padding lies below y = 64


def test_detector_stretches_where_the_model_wants_it(tmp_path: Path) -> None:
    """
    The same network told to stretch finds a block of a 128x32 picture with both factors undone.
    """
    detector = open_detector(spec(networks.yolox(tmp_path / "m.onnx"), resize="stretch"), 0.5, threads=1)
    pixels = np.zeros((32, 128, 3), np.uint8)
    pixels[8:12, 32:48] = MAGENTA       # 8 x 8 in the network's square, at column 2, row 2

    assert {("red", 1.0, (32, 8, 48, 12))} == told(detector.detect(ArrayFrame(pixels)))


def test_best_comes_first_and_overlaps_go_by_class(tmp_path: Path) -> None:
    """
    A white block is both classes at once: boxes of different classes do not suppress each other.
    """
    detector = open_detector(spec(networks.yolox(tmp_path / "m.onnx")), 0.05, threads=1)
    frame = picture(64, 64, {(2, 2): WHITE, (5, 5): BLUE}, side=8)

    found = detector.detect(frame)

    assert {("red", 1.0, (16, 16, 24, 24)), ("green", 1.0, (16, 16, 24, 24))} == told(found[:2])
    assert [d.score for d in found] == sorted((d.score for d in found), reverse=True)


def test_detector_looks_for_some_labels_only(tmp_path: Path) -> None:
    """
    A white block is red and green: asked for green alone, the detector tells what it told of green
    before; asked for what it does not know, nothing.
    """
    detector = open_detector(spec(networks.yolox(tmp_path / "m.onnx")), 0.05, threads=1)
    frame = picture(64, 64, {(2, 2): WHITE}, side=8)

    green = [d for d in detector.detect(frame) if d.label == "green"]

    assert 1 <= len(green)
    assert green == detector.detect(frame, labels=frozenset({"green"}))
    assert [] == detector.detect(frame, labels=frozenset({"cow"}))


def test_frames_of_changing_size_leave_no_trace(tmp_path: Path) -> None:
    """
    After a wide picture a tall one has clean padding: the answer is that of a fresh detector.
    """
    path = networks.yolox(tmp_path / "m.onnx")
    used = open_detector(spec(path), 0.05, threads=1)
    tall = picture(32, 64, {(1, 1): MAGENTA}, side=8)
    used.detect(picture(64, 16, {(column, 0): WHITE for column in range(4)}, side=16))

    assert told(open_detector(spec(path), 0.05, threads=1).detect(tall)) == told(used.detect(tall))


@pytest.mark.parametrize(("changed", "expected"), [
    ({"labels": ("red", "green", "blue")}, "want one output (1, 84, 8), found {'output': (1, 84, 7)}"),
    ({"family": "picodet"}, "do not fit family 'picodet'"),
    ({"input_px": 96}, "Expected: 64"),
])
def test_a_model_that_does_not_fit_is_told_at_once(
        tmp_path: Path, changed: dict[str, object], expected: str) -> None:
    """
    Wrong label count, wrong family or wrong size: one line when it is opened, not at the first frame.
    """
    with pytest.raises(ModelError) as caught:
        open_detector(spec(networks.yolox(tmp_path / "m.onnx"), **changed), 0.5, threads=1)

    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_look_at_a_window_tells_places_of_the_frame(tmp_path: Path) -> None:
    """
    A window of 32 x 32 enlarged twice into the input: the block in it is found where it lies in the whole
    frame, and what lies outside of the window is not found.
    """
    detector = open_detector(spec(networks.yolox(tmp_path / "m.onnx"), resize="stretch"), 0.5, threads=1)
    frame = picture(128, 64, {(20, 5): MAGENTA, (2, 2): MAGENTA}, side=4)

    found = detector.detect(frame, look=Look((64, 64), Rect(64, 16, 96, 48)))

    assert {("red", 1.0, (80, 20, 84, 24))} == told(found)
