"""An ONNX graph put together by hand, node by node, so that it is small, fast and the same each time.

Word embeddings are rows of 8-bit weights with one scale each. The matrices become 8-bit through onnxruntime's dynamic
quantisation, with seven bits only: on processors without VNNI the instruction that multiplies bytes saturates beyond
that.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

_OPSET, _IR = 20, 9


class Graph:
    """From ``ids`` and ``mask`` (both int32, batch × length) to ``logits``, with *weights* by their names in torch."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]], epsilon: float) -> None:
        self.weights = weights
        self._epsilon = epsilon
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._count = 0

    def model(self) -> onnx.ModelProto:
        """All of it, once a node has the name ``logits``."""
        axes = ["batch", "length"]
        graph = helper.make_graph(
            self._nodes,
            "segl",
            [helper.make_tensor_value_info(name, TensorProto.INT32, axes) for name in ("ids", "mask")],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "outputs"])],
            self._constants,
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR)

    def words(self, rows: NDArray[np.float32]) -> str:
        """The row of each piece; in the file they are bytes, with a scale for each row."""
        scale = np.abs(rows).max(axis=1, keepdims=True) / 127
        scale[scale == 0] = 1
        bytes_ = self.constant(np.rint(rows / scale).astype(np.int8))
        picked = self.node("Cast", [self.node("Gather", [bytes_, "ids"])], to=TensorProto.FLOAT)
        scales = self.node("Gather", [self.constant(scale.astype(np.float32)), "ids"])
        return self.node("Mul", [picked, scales])

    def present(self) -> str:
        """1 for each piece, 0 for padding: batch × length × 1."""
        weight = self.node("Cast", ["mask"], to=TensorProto.FLOAT)
        return self.node("Unsqueeze", [weight, self.constant(np.array([2]))])

    def mean(self, x: str, present: str, *, keep: bool = False) -> str:
        """The mean over the pieces that are not padding."""
        axis = self.constant(np.array([1]))
        total = self.node("ReduceSum", [self.node("Mul", [x, present]), axis], keepdims=int(keep))
        return self.node("Div", [total, self.node("ReduceSum", [present, axis], keepdims=int(keep))])

    def linear(self, x: str, name: str, output: str | None = None) -> str:
        return self.affine(x, np.ascontiguousarray(self.weights[f"{name}.weight"].T), name, output)

    def affine(self, x: str, weight: NDArray[np.float32], name: str, output: str | None = None) -> str:
        """*x* through the matrix *weight*, and the bias of *name* added."""
        product = self.node("MatMul", [x, self.constant(weight)])
        return self.node("Add", [product, self.constant(self.weights[f"{name}.bias"])], output)

    def norm(self, x: str, name: str) -> str:
        weight, bias = (self.constant(self.weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self.node("LayerNormalization", [x, weight, bias], axis=-1, epsilon=self._epsilon)

    def constant(self, value: NDArray[np.generic]) -> str:
        self._count += 1
        name = f"c{self._count}"
        self._constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str | None = None, **settings: Any) -> str:
        self._count += 1
        name = output or f"n{self._count}"
        self.add(helper.make_node(kind, inputs, [name], name=f"{kind}_{self._count}", **settings))
        return name

    def add(self, node: onnx.NodeProto) -> None:
        """A node of more outputs than one."""
        self._nodes.append(node)


def write(model: onnx.ModelProto, file: Path) -> None:
    """*model* to *file*, its matrices in 8 bits."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        onnx.save(model, whole)
        quantize_dynamic(
            whole,
            file,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            op_types_to_quantize=["MatMul"],
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )
