"""The trained encoder as an ONNX graph (:mod:`.onnx_graph`).

What goes into a matrix has one scale for all, and in a transformer a few inputs are always ten times as large as
the others, which then get hardly any of the 256 steps. So each input is divided by a number of its own, and its row of
the matrix multiplied by it: the product is the same, both factors are more even (SmoothQuant, Xiao et al. 2023).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper
from torch import nn

from segl_training import onnx_graph
from segl_training.encoder import Encoder
from segl_training.onnx_graph import Graph
from segl_training.weights import Architecture

_TO_WEIGHTS = 0.75


def write(
    model: Encoder, shape: Architecture, file: Path, largest: Mapping[str, NDArray[np.float32]]
) -> None:
    """Write *model* in 8 bits to *file*: ``ids`` and ``mask`` (both int32, batch × length) to ``logits``. *largest* is
    what :func:`largest_inputs` found."""
    onnx_graph.write(_Builder(model, shape, largest).model(), file)


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
        weights = {name: value.numpy() for name, value in model.state_dict().items()}
        self._graph = Graph(weights, shape.epsilon)
        self._largest = largest
        self._shape = shape

    def model(self) -> onnx.ModelProto:
        x = self._embedded()
        for number in range(self._shape.layers):
            x = self._layer(x, f"layers.{number}.")
        mean = self._graph.mean(x, self._graph.present())
        self._graph.linear(mean, "head", "logits")
        return self._graph.model()

    def _embedded(self) -> str:
        graph = self._graph
        words = graph.words(graph.weights["words.weight"])
        length = graph.node("Gather", [graph.node("Shape", ["ids"]), graph.constant(np.array([1]))])
        zero, one = graph.constant(np.array([0])), graph.constant(np.array([1]))
        table = graph.constant(graph.weights["positions"])
        positions = graph.node("Slice", [table, zero, length, zero, one])
        return graph.norm(graph.node("Add", [words, positions]), "norm")

    def _layer(self, x: str, name: str) -> str:
        graph = self._graph
        qkv = self._linear(x, f"{name}qkv")
        q, k, v = (f"{qkv}_{part}" for part in "qkv")
        graph.add(helper.make_node("Split", [qkv], [q, k, v], axis=2, num_outputs=3))
        seen = graph.node(
            "MultiHeadAttention", [q, k, v, "", "mask"], domain="com.microsoft", num_heads=self._shape.heads
        )
        x = graph.norm(graph.node("Add", [x, self._linear(seen, f"{name}out")]), f"{name}attention_norm")
        inner = graph.node("Gelu", [self._linear(x, f"{name}inner")])
        return graph.norm(graph.node("Add", [x, self._linear(inner, f"{name}outer")]), f"{name}output_norm")

    def _linear(self, x: str, name: str) -> str:
        weight = np.ascontiguousarray(self._graph.weights[f"{name}.weight"].T)
        evened = _evening(self._largest[name], weight)
        x = self._graph.node("Mul", [x, self._graph.constant(1 / evened)])
        return self._graph.affine(x, weight * evened[:, None], name)


def _evening(largest: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """What to divide each input by: most of the unevenness goes over to the weights (inputs × outputs), which have a
    scale for each output."""
    weights = np.maximum(np.abs(weight).max(axis=1), 1e-6)
    evened = np.maximum(largest, 1e-6) ** _TO_WEIGHTS / weights ** (1 - _TO_WEIGHTS)
    return np.asarray(evened / np.exp(np.log(evened).mean()), np.float32)
