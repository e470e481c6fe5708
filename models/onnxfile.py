"""Write an ONNX file: nodes, weights, inputs, outputs. Deterministic: the same graph, the same bytes.

Source of the field numbers: onnx.proto (ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models import wire

Attribute = int | float | str | Sequence[int]
Shape = Sequence[int | str]             # a text names a size that is only known when it runs

_FLOAT = 1                              # TensorProto.DataType
_IR_VERSION = 8                         # of the file format; pairs with opset 14..17


@dataclass
class Graph:
    """A graph under construction. Nodes must be added in an order in which they can run."""

    name: str
    inputs: list[tuple[str, Shape]] = field(default_factory=list)
    outputs: list[tuple[str, Shape]] = field(default_factory=list)
    _nodes: list[bytes] = field(default_factory=list)
    _weights: dict[str, bytes] = field(default_factory=dict)

    def node(self, op: str, inputs: Sequence[str], output: str, **attributes: Attribute) -> None:
        """Add one operator with one output; attributes are written sorted by name."""
        message = b"".join(wire.block(1, name) for name in inputs) + wire.block(2, output) + wire.block(4, op)
        message += b"".join(wire.block(5, _attribute(name, attributes[name])) for name in sorted(attributes))
        self._nodes.append(message)

    def weight(self, name: str, values: npt.ArrayLike) -> str:
        """Add a float32 constant (once; the same name again keeps the first) and return its name."""
        if name not in self._weights:
            array = np.asarray(values, "<f4", order="C")
            self._weights[name] = (wire.varints(1, array.shape) + wire.varint(2, _FLOAT)
                                   + wire.block(8, name) + wire.block(9, array.tobytes()))
        return name

    def to_bytes(self, opset: int, metadata: Mapping[str, str]) -> bytes:
        """The whole file. All inputs and outputs are float32."""
        graph = b"".join(wire.block(1, node) for node in self._nodes) + wire.block(2, self.name)
        graph += b"".join(wire.block(5, weight) for weight in self._weights.values())
        graph += b"".join(wire.block(11, _value(*each)) for each in self.inputs)
        graph += b"".join(wire.block(12, _value(*each)) for each in self.outputs)
        model = wire.varint(1, _IR_VERSION) + wire.block(2, "edgebox") + wire.block(7, graph)
        model += wire.block(8, wire.block(1, "") + wire.varint(2, opset))
        return model + b"".join(wire.block(14, wire.block(1, key) + wire.block(2, metadata[key]))
                                for key in sorted(metadata))


def _attribute(name: str, value: Attribute) -> bytes:
    head = wire.block(1, name)
    match value:
        case float():
            return head + wire.float32(2, value) + wire.varint(20, 1)
        case int():
            return head + wire.varint(3, value) + wire.varint(20, 2)
        case str():
            return head + wire.block(4, value) + wire.varint(20, 3)
        case _:
            return head + wire.varints(8, value) + wire.varint(20, 7)


def _value(name: str, shape: Shape) -> bytes:
    sizes = b"".join(wire.block(1, wire.varint(1, size) if isinstance(size, int) else wire.block(2, size))
                     for size in shape)
    tensor = wire.varint(1, _FLOAT) + wire.block(2, sizes)
    return wire.block(1, name) + wire.block(2, wire.block(1, tensor))
