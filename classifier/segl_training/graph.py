"""The trained encoder as an ONNX graph, built by hand so that it is small, fast and the same each time.

Word embeddings are rows of 8-bit weights with one scale each. The matrices become 8-bit through
onnxruntime's dynamic quantisation, with seven bits only: on processors without VNNI the instruction that
multiplies bytes saturates beyond that.

What goes into a matrix has one scale for all, and in a transformer a few inputs are always ten times as large as
the others, which then get hardly any of the 256 steps. So each input is divided by a number of its own, and its row of
the matrix multiplied by it: the product is the same, both factors are more even (SmoothQuant, Xiao et al. 2023).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn

from segl_training.encoder import Encoder
from segl_training.weights import Architecture

_OPSET, _IR = 20, 9
_TO_WEIGHTS = 0.75


def write(
    model: Encoder, shape: Architecture, file: Path, largest: Mapping[str, NDArray[np.float32]]
) -> None:
    """Write *model* in 8 bits to *file*: ``ids`` and ``mask`` (both int32, batch × length) to ``logits``. *largest* is
    what :func:`largest_inputs` found."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        onnx.save(_Builder(model, shape, largest).model(), whole)
        quantize_dynamic(
            whole,
            file,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            op_types_to_quantize=["MatMul"],
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )


@torch.no_grad()  # type: ignore[untyped-decorator]
def largest_inputs(
    model: Encoder, batches: Iterable[tuple[torch.Tensor, torch.Tensor]]
) -> dict[str, NDArray[np.float32]]:
    """For each matrix of the layers, by name, the largest size that each of its inputs has over *batches*."""
    model.eval()
    largest: dict[str, torch.Tensor] = {}

    def watched(name: str) -> Callable[[nn.Module, tuple[torch.Tensor, ...]], None]:
        def look(_module: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
            seen = given[0].float().abs().flatten(0, -2).amax(0)
            largest[name] = torch.maximum(largest[name], seen) if name in largest else seen

        return look

    hooks = [
        module.register_forward_pre_hook(watched(name))
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and name.startswith("layers.")
    ]
    for ids, mask in batches:
        model(ids, mask)
    for hook in hooks:
        hook.remove()
    return {name: value.numpy() for name, value in largest.items()}


class _Builder:
    def __init__(
        self, model: Encoder, shape: Architecture, largest: Mapping[str, NDArray[np.float32]]
    ) -> None:
        self._weights = {name: value.numpy() for name, value in model.state_dict().items()}
        self._largest = largest
        self._shape = shape
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._count = 0

    def model(self) -> onnx.ModelProto:
        x = self._embedded()
        for number in range(self._shape.layers):
            x = self._layer(x, f"layers.{number}.")
        logits = self._linear(self._pooled(x), "head", "logits")
        assert logits == "logits"  # noqa: S101 # the name of the graph's output
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

    def _embedded(self) -> str:
        rows = self._weights["words.weight"]
        scale = np.abs(rows).max(axis=1, keepdims=True) / 127
        scale[scale == 0] = 1
        bytes_ = self._constant(np.rint(rows / scale).astype(np.int8))
        picked = self._node("Cast", [self._node("Gather", [bytes_, "ids"])], to=TensorProto.FLOAT)
        scales = self._node("Gather", [self._constant(scale.astype(np.float32)), "ids"])
        length = self._node("Gather", [self._node("Shape", ["ids"]), self._constant(np.array([1]))])
        zero, one = self._constant(np.array([0])), self._constant(np.array([1]))
        positions = self._node("Slice", [self._constant(self._weights["positions"]), zero, length, zero, one])
        words = self._node("Mul", [picked, scales])
        return self._norm(self._node("Add", [words, positions]), "norm")

    def _layer(self, x: str, name: str) -> str:
        qkv = self._linear(x, f"{name}qkv")
        q, k, v = (f"{qkv}_{part}" for part in "qkv")
        self._nodes.append(helper.make_node("Split", [qkv], [q, k, v], axis=2, num_outputs=3))
        seen = self._node(
            "MultiHeadAttention", [q, k, v, "", "mask"], domain="com.microsoft", num_heads=self._shape.heads
        )
        x = self._norm(self._node("Add", [x, self._linear(seen, f"{name}out")]), f"{name}attention_norm")
        inner = self._node("Gelu", [self._linear(x, f"{name}inner")])
        return self._norm(self._node("Add", [x, self._linear(inner, f"{name}outer")]), f"{name}output_norm")

    def _pooled(self, x: str) -> str:
        """The mean over the pieces that are not padding."""
        weight = self._node("Cast", ["mask"], to=TensorProto.FLOAT)
        weight = self._node("Unsqueeze", [weight, self._constant(np.array([2]))])
        axis = self._constant(np.array([1]))
        total = self._node("ReduceSum", [self._node("Mul", [x, weight]), axis], keepdims=0)
        return self._node("Div", [total, self._node("ReduceSum", [weight, axis], keepdims=0)])

    def _linear(self, x: str, name: str, output: str | None = None) -> str:
        weight = np.ascontiguousarray(self._weights[f"{name}.weight"].T)
        if name in self._largest:
            evened = _evening(self._largest[name], weight)
            x = self._node("Mul", [x, self._constant(1 / evened)])
            weight = weight * evened[:, None]
        product = self._node("MatMul", [x, self._constant(weight)])
        return self._node("Add", [product, self._constant(self._weights[f"{name}.bias"])], output)

    def _norm(self, x: str, name: str) -> str:
        weight, bias = (self._constant(self._weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self._node("LayerNormalization", [x, weight, bias], axis=-1, epsilon=self._shape.epsilon)

    def _constant(self, value: NDArray[np.generic]) -> str:
        self._count += 1
        name = f"c{self._count}"
        self._constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def _node(self, kind: str, inputs: list[str], output: str | None = None, **settings: Any) -> str:
        self._count += 1
        name = output or f"n{self._count}"
        self._nodes.append(helper.make_node(kind, inputs, [name], name=f"{kind}_{self._count}", **settings))
        return name


def _evening(largest: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """What to divide each input by: most of the unevenness goes over to the weights (inputs × outputs), which have a
    scale for each output."""
    weights = np.maximum(np.abs(weight).max(axis=1), 1e-6)
    evened = np.maximum(largest, 1e-6) ** _TO_WEIGHTS / weights ** (1 - _TO_WEIGHTS)
    return np.asarray(evened / np.exp(np.log(evened).mean()), np.float32)
