"""Small ONNX networks whose answer is known, made by the onnx package and not by our own writer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 64
YOLOX_LABELS = ("red", "green")
_CELLS = sum((SIDE // stride) ** 2 for stride in (8, 16, 32))


def save(path: Path, nodes: list[onnx.NodeProto], outputs: dict[str, list[int]],
         weights: dict[str, npt.NDArray[np.generic]]) -> Path:
    graph = helper.make_graph(
        nodes, "made", [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(array, name) for name, array in weights.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


def yolox(path: Path) -> Path:
    """A network in YOLOX's layout that sees colours of 64 x 64 pictures in the order B, G, R.

    Each cell answers with a box as large as its stride around its own middle; its objectness is the mean
    of blue in it, the scores of its classes "red" and "green" those of red and green, all 0..1.
    """
    nodes, levels = [], []
    for stride in (8, 16, 32):
        count = (SIDE // stride) ** 2
        nodes += [helper.make_node("AveragePool", ["images"], [f"mean{stride}"],
                                   kernel_shape=[stride, stride], strides=[stride, stride]),
                  helper.make_node("Reshape", [f"mean{stride}", f"shape{stride}"], [f"flat{stride}"])]
        levels.append((stride, count))
    nodes += [helper.make_node("Concat", [f"flat{stride}" for stride, _ in levels], ["means"], axis=2),
              helper.make_node("Mul", ["means", "unit"], ["ratios"]),
              helper.make_node("Transpose", ["ratios"], ["rows"], perm=[0, 2, 1]),
              helper.make_node("Gather", ["rows", "bgr_to_brg"], ["scores"], axis=2),
              helper.make_node("Concat", ["boxes", "scores"], ["output"], axis=2)]
    weights: dict[str, npt.NDArray[np.generic]] = {
        f"shape{stride}": np.array([1, 3, count]) for stride, count in levels}
    weights |= {"unit": np.array(1 / 255, np.float32), "bgr_to_brg": np.array([0, 2, 1]),
                "boxes": np.tile(np.array([0.5, 0.5, 0.0, 0.0], np.float32), (1, _CELLS, 1))}
    return save(path, nodes, {"output": [1, _CELLS, 7]}, weights)


def identity(path: Path) -> Path:
    """A sound network that is no detector: it hands its input back."""
    node = helper.make_node("Identity", ["images"], ["same"])
    return save(path, [node], {"same": [1, 3, SIDE, SIDE]}, {})


def doubles(path: Path) -> Path:
    """As `identity`, of float64."""
    model = onnx.load(str(identity(path)))
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.elem_type = TensorProto.DOUBLE
    onnx.save(model, str(path))
    return path
