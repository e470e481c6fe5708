"""A small Paddle model in PicoDet's manner, and what it must answer, computed apart from our converter.

Every kind of operator that the converter knows stands in it once; batch norms and biases are not
folded here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from models import wire

Array = npt.NDArray[np.float64]

SIDE, CLASSES, BINS = 64, 3, 8
STRIDES = (8, 16, 32, 64)


class Program:
    """Collects operators and weights in Paddle's format, and computes each result as it goes."""

    def __init__(self, picture: Array) -> None:
        self._rng = np.random.default_rng(3)
        self._ops: list[bytes] = []
        self._weights: dict[str, Array] = {}
        self.values: dict[str, Array] = {"image": picture}

    def op(self, kind: str, inputs: dict[str, list[str]], output: str, role: str = "Out",
           attributes: dict[str, object] | None = None, value: Array | None = None) -> str:
        message = b"".join(wire.block(1, wire.block(1, r) + b"".join(wire.block(2, n) for n in names))
                           for r, names in inputs.items())
        message += wire.block(2, wire.block(1, role) + wire.block(2, output)) + wire.block(3, kind)
        for name, each in (attributes or {}).items():
            message += wire.block(4, _attribute(name, each))
        self._ops.append(wire.block(4, message))
        if value is not None:
            self.values[output] = value
        return output

    def weight(self, name: str, *shape: int, low: float = -1.0, high: float = 1.0) -> Array:
        values = self._rng.uniform(low, high, shape).astype(np.float32)
        self._weights[name] = values.astype(np.float64)
        return self._weights[name]

    def conv(self, source: str, output: str, channels: int, size: int, stride: int, pad: int = 0,
             groups: int = 1) -> str:
        x = self.values[source]
        kernel = self.weight(f"{output}.w", channels, x.shape[1] // groups, size, size)
        kind = "depthwise_conv2d" if groups > 1 else "conv2d"
        return self.op(kind, {"Input": [source], "Filter": [f"{output}.w"], "Bias": []}, output, "Output",
                       {"strides": [stride, stride], "paddings": [pad, pad], "dilations": [1, 1],
                        "groups": groups, "padding_algorithm": "EXPLICIT"},
                       _convolve(x, kernel, stride, pad, groups))

    def norm(self, source: str, output: str) -> str:
        x = self.values[source]
        gain, shift, mean = (self.weight(f"{output}.{r}", x.shape[1]) for r in ("Scale", "Bias", "Mean"))
        variance = self.weight(f"{output}.Variance", x.shape[1], low=0.2)
        gain, shift, mean, variance = (each[:, None, None] for each in (gain, shift, mean, variance))
        return self.op("batch_norm", {"X": [source], **{r: [f"{output}.{r}"] for r in
                                                        ("Scale", "Bias", "Mean", "Variance")}},
                       output, "Y", {"epsilon": 1e-3},
                       gain * (x - mean) / np.sqrt(variance + np.float64(np.float32(1e-3))) + shift)

    def bias(self, source: str, output: str) -> str:
        values = self.weight(f"{output}.b", self.values[source].shape[1])
        return self.op("elementwise_add", {"X": [source], "Y": [f"{output}.b"]}, output, "Out",
                       {"axis": 1}, self.values[source] + values[:, None, None])

    def unary(self, kind: str, source: str, output: str, call: Callable[[Array], Array],
              **attributes: object) -> str:
        return self.op(kind, {"X": [source]}, output, "Out", attributes, call(self.values[source]))

    def product(self, left: str, right: str, output: str) -> str:
        return self.op("elementwise_mul", {"X": [left], "Y": [right]}, output, "Out", {"axis": -1},
                       self.values[left] * self.values[right])

    def files(self) -> tuple[bytes, bytes]:
        """model.pdmodel and model.pdiparams."""
        variables = b"".join(wire.block(3, wire.block(1, name) + wire.block(2, wire.varint(1, 7))
                                        + wire.varint(3, 1)) for name in self._weights)
        model = wire.block(1, wire.varint(1, 0) + variables + b"".join(self._ops))
        return model, b"".join(_tensor(self._weights[name]) for name in sorted(self._weights))


def picodet_like(picture: Array) -> tuple[bytes, bytes, dict[str, Array]]:
    """The two files, and the outputs that they mean for `picture` (1, 3, SIDE, SIDE)."""
    p = Program(picture)
    p.op("feed", {"X": ["feed"]}, "image", "Out", {"col": 0})
    stem = p.norm(p.conv("image", "stem", 4, 8, 8), "stem.bn")
    levels = [p.unary("hard_swish", stem, "level8", _hard_swish)]
    for stride in STRIDES[1:]:
        made = p.bias(p.conv(levels[-1], f"down{stride}", 4, 2, 2), f"down{stride}.sum")
        levels.append(p.unary("relu", made, f"level{stride}", lambda x: np.maximum(x, 0)))
    levels[0] = _squeezed(p, _joined(p, levels[0], levels[1]))
    for stride, level in zip(STRIDES, levels, strict=True):
        _head(p, level, stride)
    model, params = p.files()
    answers = {f"s{s}": p.values[f"score{s}"] for s in STRIDES} | {
        f"d{s}": p.values[f"sides{s}.sum"] for s in STRIDES}
    return model, params, answers


def _joined(p: Program, fine: str, coarse: str) -> str:
    """The coarser level, enlarged, beside the finer one; then a depthwise convolution over both."""
    p.op("nearest_interp_v2", {"X": [coarse]}, "up", "Out", {"scale": [2.0, 2.0]},
         p.values[coarse].repeat(2, axis=2).repeat(2, axis=3))
    p.op("concat", {"X": [fine, "up"]}, "both", "Out", {"axis": 1},
         np.concatenate([p.values[fine], p.values["up"]], axis=1))
    return p.norm(p.conv("both", "mix", 8, 3, 1, pad=1, groups=8), "mix.bn")


def _squeezed(p: Program, source: str) -> str:
    p.op("pool2d", {"X": [source]}, "pool", "Out", {"adaptive": True, "ksize": [1, 1]},
         p.values[source].mean(axis=(2, 3), keepdims=True))
    p.unary("hard_sigmoid", "pool", "gate", lambda x: np.clip(x * np.float32(0.2) + 0.5, 0, 1),
            slope=0.2, offset=0.5)
    return p.product(source, "gate", "gated")


def _head(p: Program, level: str, stride: int) -> None:
    kind = p.unary("sigmoid", p.bias(p.conv(level, f"kind{stride}", CLASSES, 1, 1), f"kind{stride}.sum"),
                   f"kind{stride}.p", _sigmoid)
    thing = p.unary("sigmoid", p.norm(p.conv(level, f"thing{stride}", 1, 1, 1), f"thing{stride}.bn"),
                    f"thing{stride}.p", _sigmoid)
    p.product(kind, thing, f"joint{stride}")
    p.unary("scale", f"joint{stride}", f"lifted{stride}", lambda x: x + 1e-9, scale=1.0, bias=1e-9)
    p.unary("sqrt", f"lifted{stride}", f"score{stride}", np.sqrt)
    p.bias(p.conv(level, f"sides{stride}", 4 * BINS, 1, 1), f"sides{stride}.sum")
    p.op("transpose2", {"X": [f"sides{stride}.sum"]}, f"turned{stride}")
    p.op("reshape2", {"X": [f"turned{stride}"]}, f"flat{stride}")
    p.op("softmax", {"X": [f"flat{stride}"]}, f"spread{stride}")


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _hard_swish(x: Array) -> Array:
    return x * np.clip(x / 6 + 0.5, 0, 1)


def _convolve(x: Array, kernel: Array, stride: int, pad: int, groups: int) -> Array:
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    size = kernel.shape[2]
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), (2, 3))[:, :, ::stride, ::stride]
    parts = zip(np.split(windows, groups, axis=1), np.split(kernel, groups), strict=True)
    return np.concatenate([np.einsum("nchwij,ocij->nohw", w, k) for w, k in parts], axis=1)


def _attribute(name: str, value: object) -> bytes:
    head = wire.block(1, name)
    match value:
        case bool():
            return head + wire.varint(10, value)
        case int():
            return head + wire.varint(3, value)
        case float():
            return head + wire.float32(4, value)
        case str():
            return head + wire.block(5, value)
        case [float(), *_]:
            return head + wire.block(7, struct.pack(f"<{len(value)}f", *value))
        case list():
            return head + wire.varints(6, value)
    raise AssertionError(value)


def _tensor(values: Array) -> bytes:
    described = wire.varint(1, 5) + wire.varints(2, values.shape)
    return (struct.pack("<IQI", 0, 0, 0) + struct.pack("<i", len(described)) + described
            + values.astype("<f4").tobytes())
