"""Read a Paddle inference model: its operators (`model.pdmodel`) and its weights (`model.pdiparams`).

Pure: bytes in, values out; needs no Paddle. Source of the field numbers: Paddle's framework.proto
(ProgramDesc, BlockDesc, OpDesc, VarDesc) and its tensor serialisation (version, LoD, TensorDesc, data).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from models import wire

Attribute = int | float | str | bool | list[int] | list[float] | None
Weights = Mapping[str, npt.NDArray[np.generic]]

_TENSOR = 7             # VarType.Type.LOD_TENSOR
_DTYPES: Mapping[int, type[np.generic]] = {2: np.int32, 3: np.int64, 5: np.float32}


@dataclass(frozen=True, slots=True)
class Op:
    """One operator: tensor names by role ("X", "Filter", ... -> names), and its attributes."""

    kind: str
    inputs: Mapping[str, tuple[str, ...]]
    outputs: Mapping[str, tuple[str, ...]]
    attributes: Mapping[str, Attribute]

    def output(self) -> str:
        """The one tensor it makes; a batch norm's other outputs are leftovers of training."""
        for role in ("Out", "Output", "Y"):
            if role in self.outputs:
                return self.outputs[role][0]
        raise ValueError(f"operator {self.kind!r} has no output")


@dataclass(frozen=True, slots=True)
class PaddleProgram:
    ops: tuple[Op, ...]         # in order of execution
    weights: Weights            # float32, int32 or int64 by tensor name; read only


def read(model: bytes, params: bytes) -> PaddleProgram:
    """Read both files whole.

    Raises:
        ValueError: one of them is truncated, or holds what this reader does not know.
    """
    block = next((wire.as_bytes(value) for field, value in wire.fields(model) if field == 1), None)
    if block is None:
        raise ValueError("no program in it")
    ops, persistent = [], []
    for field, value in wire.fields(block):
        if field == 4:
            ops.append(_op(wire.as_bytes(value)))
        elif field == 3 and (name := _persistent_tensor(wire.as_bytes(value))):
            persistent.append(name)
    return PaddleProgram(tuple(ops), _weights(params, sorted(persistent)))


def _op(message: bytes) -> Op:
    kind, inputs, outputs, attributes = "", {}, {}, {}
    for field, value in wire.fields(message):
        match field:
            case 1:
                role, names = _variable(wire.as_bytes(value))
                inputs[role] = names
            case 2:
                role, names = _variable(wire.as_bytes(value))
                outputs[role] = names
            case 3:
                kind = wire.as_text(value)
            case 4:
                name, attribute = _attribute(wire.as_bytes(value))
                attributes[name] = attribute
    return Op(kind, inputs, outputs, attributes)


def _variable(message: bytes) -> tuple[str, tuple[str, ...]]:
    role, names = "", []
    for field, value in wire.fields(message):
        if field == 1:
            role = wire.as_text(value)
        elif field == 2:
            names.append(wire.as_text(value))
    return role, tuple(names)


def _attribute(message: bytes) -> tuple[str, Attribute]:
    """OpDesc.Attr; kinds that no inference operator needs (blocks, variables, texts) come out as None."""
    name, single = "", cast("Attribute", None)
    ints: list[int] = []
    floats: list[float] = []
    for field, value in wire.fields(message):
        match field:
            case 1:
                name = wire.as_text(value)
            case 3 | 13:
                single = wire.as_int(value)
            case 4:
                single = wire.as_float(value)
            case 5:
                single = wire.as_bytes(value).decode(errors="replace")
            case 6 | 15:
                ints += wire.as_ints(value)
            case 7:
                floats += np.frombuffer(wire.as_bytes(value), "<f4").tolist()
            case 10:
                single = bool(value)
    return name, ints or floats or single


def _persistent_tensor(message: bytes) -> str | None:
    """The name of a VarDesc that is a weight; None for what only lives during a run."""
    name, persistent, kind = "", False, None
    for field, value in wire.fields(message):
        if field == 1:
            name = wire.as_text(value)
        elif field == 2:
            kind = next((wire.as_int(v) for f, v in wire.fields(wire.as_bytes(value)) if f == 1), None)
        elif field == 3:
            persistent = bool(value)
    return name if persistent and kind == _TENSOR else None


def _weights(params: bytes, names: list[str]) -> Weights:
    """The file holds the tensors one behind the other, without names, sorted by name."""
    weights, at = {}, 0
    for name in names:
        try:
            weights[name], at = _tensor(params, at)
        except (struct.error, ValueError) as exc:
            raise ValueError(f"weights break at byte {at} of {len(params)}, in {name!r}: {exc}") from exc
    if at != len(params):
        raise ValueError(f"{len(params) - at} bytes too many behind the last weight")
    return weights


def _tensor(params: bytes, at: int) -> tuple[npt.NDArray[np.generic], int]:
    at += 4                                             # version of the tensor's container
    (levels,) = struct.unpack_from("<Q", params, at)
    at += 8
    for _ in range(levels):                             # level-of-detail offsets: empty for weights
        (size,) = struct.unpack_from("<Q", params, at)
        at += 8 + size
    at += 4                                             # version of the tensor itself
    (size,) = struct.unpack_from("<i", params, at)
    at += 4
    code, shape = -1, []
    for field, value in wire.fields(params[at:at + size]):
        if field == 1:
            code = wire.as_int(value)
        elif field == 2:
            shape += wire.as_ints(value)
    at += size
    if code not in _DTYPES:
        raise ValueError(f"number type {code}")
    data = np.frombuffer(params, _DTYPES[code], int(np.prod(shape)), at).reshape(shape)
    return data, at + data.nbytes
