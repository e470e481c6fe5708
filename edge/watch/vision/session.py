"""onnxruntime, and nothing else: a model file becomes a function from one array to named arrays.

onnxruntime is imported when a session is opened, so that the rest runs without it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge.watch.vision.errors import ModelError

_LOG_FATAL = 4          # its errors reach us as exceptions; a second line on stderr helps nobody


class ModelSession:
    """One loaded model with one float32 input. `run` may be called from one thread at a time."""

    def __init__(self, path: Path, threads: int) -> None:
        """Load and optimise `path`; takes tenths of a second and holds the GIL meanwhile.

        Args:
            threads: of one inference; 0 takes half the cores. They sleep between inferences: spinning would
                steal the cores of the capture threads.

        Raises:
            ModelError: no such file, not an ONNX model, or not one with a single float32 input.
        """
        self._path = path
        if not path.is_file():
            raise ModelError(f"model {path}: no such file; install it with `edgebox models fetch`")
        # Or else its Linux wheels, from 1.29 on, keep an id of this machine under ~/.cache and report to
        # their maker over the internet. Read when it is loaded; its Python switch comes too late.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime as ort
        import onnxruntime.capi.onnxruntime_pybind11_state as state
        # Its exceptions share no base class but Exception.
        self._errors = tuple(kind for kind in vars(state).values()
                             if isinstance(kind, type) and issubclass(kind, Exception))
        options = ort.SessionOptions()
        self.threads = threads or max(1, (os.cpu_count() or 2) // 2)
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.log_severity_level = _LOG_FATAL
        # Patterns are kept for each shape of input, and windows have many: 11 MB less without, no slower.
        options.enable_mem_pattern = False
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.inter_op.allow_spinning", "0")
        try:
            self._session: Any = ort.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"])
        except self._errors as exc:
            raise ModelError(f"model {path}: {_first_line(exc)}; "
                             "want a whole ONNX file, copy or fetch it again") from exc
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or inputs[0].type != "tensor(float)":
            found = [f"{each.name}: {each.type}" for each in inputs]
            raise ModelError(f"model {path}: want one input of tensor(float), found {found}")
        self._input = inputs[0].name
        # Sides that may be of any length have names, or nothing, where others have numbers.
        self.free_size = not any(isinstance(side, int) for side in inputs[0].shape[2:])
        self._outputs = [each.name for each in self._session.get_outputs()]

    def run(self, batch: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[np.float32]]:
        """Infer; other Python threads run meanwhile.

        Raises:
            ModelError: `batch` does not fit the model.
        """
        try:
            answers = self._session.run(self._outputs, {self._input: batch})
        except self._errors as exc:
            raise ModelError(f"model {self._path}: cannot run on {batch.shape}: {_first_line(exc)}") from exc
        return dict(zip(self._outputs, answers, strict=True))


def _first_line(exc: BaseException) -> str:
    """Its message without the path and the decoration that onnxruntime puts around it."""
    lines = [line.strip() for line in str(exc).splitlines() if line.strip()]
    return " ".join(lines[:2]).removeprefix("[ONNXRuntimeError] : ")
