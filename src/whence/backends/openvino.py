"""Runs embedding graphs with OpenVINO. Extra ``openvino``."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from whence.embedding.choice import Choice, Run
from whence.errors import ModelError
from whence.protocols import Vectors


def precisions(device: str = "CPU") -> list[str]:
    """What the device can compute floats in, as ``Choice.precision`` names it: "f32", then the best of 16 bits."""
    able = set(ov.Core().get_property(device, "OPTIMIZATION_CAPABILITIES"))
    half = [name for name, capability in (("bf16", "BF16"), ("f16", "FP16")) if capability in able]
    return ["f32", *half[:1]]


class ReadingSession:
    """Runs the graph of a reader; it is called as a session of ONNX Runtime is. Raises ``ModelError``."""

    def __init__(self, graph: bytes, choice: Choice, at_once: int) -> None:
        self._compiled = _compiled(graph, choice, at_once)
        # A pair runs alone, so nothing is masked: OpenVINO may have seen that and dropped the mask.
        self._inputs = {name for one in self._compiled.inputs for name in one.get_names()}
        self._own = threading.local()

    def run(self, outputs: Sequence[str], feed: Mapping[str, NDArray[np.int64]]) -> list[Vectors]:
        """The outputs of these names, in this order."""
        if not hasattr(self._own, "request"):
            self._own.request = self._compiled.create_infer_request()
        found = self._own.request.infer({name: value for name, value in feed.items() if name in self._inputs})
        return [np.array(found[self._compiled.output(name)], np.float32) for name in outputs]


def open_graph(graph: bytes, choice: Choice, at_once: int) -> Run:
    """What runs a graph; ``at_once`` runs share the threads that ``choice`` gives each. Raises ``ModelError``."""
    compiled = _compiled(graph, choice, at_once)
    takes_mask = len(compiled.inputs) > 1
    own = threading.local()  # a request serves one thread at a time

    def run(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Vectors:
        if not hasattr(own, "request"):
            own.request = compiled.create_infer_request()
        fed = {"input_ids": ids, "attention_mask": mask} if takes_mask else {"input_ids": ids}
        rows = own.request.infer(fed)[0]
        return np.array(rows, np.float32)

    return run


def _compiled(graph: bytes, choice: Choice, at_once: int) -> Any:
    """A graph, ready for the device. Raises ``ModelError``."""
    settings: dict[str, Any] = {
        "INFERENCE_NUM_THREADS": choice.threads * at_once,
        "NUM_STREAMS": at_once,
        "INFERENCE_PRECISION_HINT": choice.precision or "f32",
    }
    try:
        core = ov.Core()
        model = core.read_model(graph, ov.Tensor(np.zeros(1, np.uint8)))
        return core.compile_model(model, choice.provider, settings)
    except Exception as error:  # The library raises bare exception types.
        raise ModelError(f"OpenVINO cannot run this graph: {str(error).strip().splitlines()[-1]}") from error
