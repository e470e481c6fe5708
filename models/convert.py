"""Turn PaddleDetection's PicoDet into ONNX, its fully convolutional part alone.

Per stride s of 8, 16, 32, 64 the result has two outputs:

    s<s>  (1, classes, h, w)  final scores 0..1: sqrt(sigmoid(class) * sigmoid(objectness) + 1e-9)
    d<s>  (1, 4 * bins, h, w) logits of the box's distances (left, top, right, bottom), `bins` each

Softmax, expectation and non-maximum suppression stay outside: they are cheaper on the few cells
with a high score. The input "image" is (1, 3, h, w), of any size in multiples of 32.

Pure: bytes in, bytes out, the same on every machine. Batch norms are folded in float64.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from models import paddle
from models.onnxfile import Attribute, Graph
from models.paddle import Op, PaddleProgram

OPSET = 14                      # the first with HardSwish
STRIDES = (8, 16, 32, 64)

_UNARY = {"relu": "Relu", "sigmoid": "Sigmoid", "sqrt": "Sqrt", "hard_swish": "HardSwish",
          "assign": "Identity"}
_BINARY = {"elementwise_add": "Add", "elementwise_mul": "Mul"}


def picodet(model: bytes, params: bytes) -> bytes:
    """Convert `model.pdmodel` and `model.pdiparams` to the bytes of an ONNX file.

    Raises:
        ValueError: a file is broken, or the network is not a PicoDet as described above.
    """
    return _Converter(paddle.read(model, params)).run()


class _Converter:
    """One conversion. Tensors keep Paddle's names, but for the outputs."""

    def __init__(self, program: PaddleProgram) -> None:
        self._weights = program.weights
        self._maker = {name: op for op in program.ops for names in op.outputs.values() for name in names}
        scores, distances = self._heads(program.ops)
        heads = [*scores, *distances]
        names = [f"{letter}{stride}" for letter in "sd" for stride in STRIDES]
        self._renamed = dict(zip(heads, names, strict=True))
        self._ops = _needed(program.ops, heads)
        self._readers: dict[str, list[Op]] = {}
        for op in program.ops:
            for name in (n for names in op.inputs.values() for n in names):
                self._readers.setdefault(name, []).append(op)
        self._folded: set[str] = set()          # outputs of operators that a convolution swallowed
        self._graph = Graph("picodet", inputs=[("image", (1, 3, "h", "w"))])
        for tensor, name in self._renamed.items():
            shape = (1, self._channels(tensor), f"h_{name[1:]}", f"w_{name[1:]}")
            self._graph.outputs.append((name, shape))

    def run(self) -> bytes:
        for op in self._ops:
            if op.kind != "feed" and op.output() not in self._folded:
                self._convert(op)
        return self._graph.to_bytes(OPSET, {"family": "picodet"})

    def _heads(self, ops: Sequence[Op]) -> tuple[list[str], list[str]]:
        """The score maps are what `sqrt` makes; the distances are what is fed to each `softmax`."""
        scores = [op.output() for op in ops if op.kind == "sqrt"]
        distances = [self._before_reshape(op.inputs["X"][0]) for op in ops if op.kind == "softmax"]
        if not len(scores) == len(distances) == len(STRIDES):
            raise ValueError(f"not a PicoDet: want {len(STRIDES)} score maps and as many softmax, "
                             f"found {len(scores)} and {len(distances)}")
        return scores, distances

    def _before_reshape(self, name: str) -> str:
        while name in self._maker and self._maker[name].kind in ("reshape2", "transpose2"):
            name = self._maker[name].inputs["X"][0]
        return name

    def _channels(self, name: str) -> int:
        """How many channels a tensor has: those of the convolution that it comes from."""
        op = self._maker[name]
        while op.kind not in ("conv2d", "depthwise_conv2d"):
            op = self._maker[op.inputs["X"][0]]
        return int(self._weights[op.inputs["Filter"][0]].shape[0])

    def _convert(self, op: Op) -> None:
        if op.kind in ("conv2d", "depthwise_conv2d"):
            self._convolution(op)
        elif op.kind in _UNARY:
            self._add(_UNARY[op.kind], [op.inputs["X"][0]], op.output())
        elif op.kind in _BINARY:
            self._add(_BINARY[op.kind], [op.inputs["X"][0], self._operand(op.inputs["Y"][0])], op.output())
        elif op.kind == "hard_sigmoid":
            self._add("HardSigmoid", [op.inputs["X"][0]], op.output(),
                      alpha=_number(op, "slope", 0.2), beta=_number(op, "offset", 0.5))
        elif op.kind == "pool2d" and (op.attributes.get("adaptive") or op.attributes.get("global_pooling")):
            self._add("GlobalAveragePool", [op.inputs["X"][0]], op.output())
        elif op.kind == "concat":
            self._add("Concat", op.inputs["X"], op.output(), axis=_ints(op, "axis")[0])
        elif op.kind == "nearest_interp_v2":
            self._upsampling(op)
        elif op.kind == "scale":
            self._scale(op)
        else:
            raise ValueError(f"operator {op.kind!r} is not known to this converter")

    def _convolution(self, op: Op) -> None:
        """Conv, with the batch norm or bias that alone reads it folded into its weights."""
        output, name = op.output(), op.inputs["Filter"][0]
        kernel = np.asarray(self._weights[name], np.float64)
        bias = self._weights[op.inputs["Bias"][0]] if op.inputs.get("Bias") else None
        readers = self._readers.get(output, [])
        if len(readers) == 1 and output not in self._renamed:
            after = readers[0]
            if after.kind == "batch_norm":
                kernel, bias = self._fold(kernel, bias, after)
                self._folded.add(output := after.output())
            elif after.kind == "elementwise_add" and bias is None and after.inputs["Y"][0] in self._weights:
                bias = self._weights[after.inputs["Y"][0]].reshape(-1)
                self._folded.add(output := after.output())
        inputs = [op.inputs["Input"][0], self._graph.weight(name, kernel)]
        if bias is not None:
            inputs.append(self._graph.weight(name + ".bias", bias))
        self._add("Conv", inputs, output, strides=_ints(op, "strides"), dilations=_ints(op, "dilations"),
                  group=_ints(op, "groups")[0], **_padding(op))

    def _fold(self, kernel: npt.NDArray[np.float64], bias: npt.ArrayLike | None,
              norm: Op) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """y = g (x - mean) / sqrt(var + eps) + b, of x = kernel * input + bias."""
        gain, shift, mean, variance = (np.asarray(self._weights[norm.inputs[role][0]], np.float64)
                                       for role in ("Scale", "Bias", "Mean", "Variance"))
        factor = gain / np.sqrt(variance + _number(norm, "epsilon", 1e-5))
        before = np.zeros_like(mean) if bias is None else np.asarray(bias, np.float64)
        return kernel * factor[:, None, None, None], (before - mean) * factor + shift

    def _operand(self, name: str) -> str:
        """The second operand of a sum or product; a vector of weights goes along the channels."""
        if name not in self._weights:
            return name
        values = self._weights[name]
        return self._graph.weight(name, values.reshape(1, -1, 1, 1) if values.ndim == 1 else values)

    def _upsampling(self, op: Op) -> None:
        factors = cast("list[float]", op.attributes.get("scale") or [2.0, 2.0])
        scales = self._graph.weight(op.output() + ".scales", [1.0, 1.0, factors[0], factors[-1]])
        self._add("Resize", [op.inputs["X"][0], "", scales], op.output(), mode="nearest",
                  coordinate_transformation_mode="asymmetric", nearest_mode="floor")

    def _scale(self, op: Op) -> None:
        """y = scale x + bias; whichever of the two does nothing is left out."""
        factor, offset = _number(op, "scale", 1.0), _number(op, "bias", 0.0)
        source, output = op.inputs["X"][0], op.output()
        if factor != 1.0:
            product = output + ".product" if offset else output
            self._add("Mul", [source, self._graph.weight(output + ".factor", factor)], product)
            source = product
        if offset:
            self._add("Add", [source, self._graph.weight(output + ".offset", offset)], output)
        elif factor == 1.0:
            self._add("Identity", [source], output)

    def _add(self, kind: str, inputs: Sequence[str], output: str, **attributes: Attribute) -> None:
        self._graph.node(kind, [self._renamed.get(name, name) for name in inputs],
                         self._renamed.get(output, output), **attributes)


def _needed(ops: Sequence[Op], outputs: Sequence[str]) -> list[Op]:
    """The operators that lead to `outputs`, in their order."""
    wanted, kept = set(outputs), []
    for op in reversed(ops):
        if any(name in wanted for names in op.outputs.values() for name in names):
            kept.append(op)
            wanted.update(name for names in op.inputs.values() for name in names)
    return kept[::-1]


def _padding(op: Op) -> Mapping[str, str | list[int]]:
    """Paddle writes [y, x] or [top, bottom, left, right]; ONNX [top, left, bottom, right]."""
    if op.attributes.get("padding_algorithm") == "SAME":
        return {"auto_pad": "SAME_UPPER"}
    given = _ints(op, "paddings")
    return {"pads": given * 2 if len(given) == 2 else [given[0], given[2], given[1], given[3]]}


def _ints(op: Op, name: str) -> list[int]:
    value = op.attributes.get(name)
    if isinstance(value, int):
        return [value]
    if not isinstance(value, list):
        raise ValueError(f"operator {op.kind!r}: want numbers in {name!r}, found {value!r}")
    return [int(each) for each in value]


def _number(op: Op, name: str, default: float) -> float:
    value = op.attributes.get(name)
    return default if value is None else float(cast("float", value))
