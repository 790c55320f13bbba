"""The sieve in torch and as a graph: a small network of convolutions that reads a passage for a twentieth of what the
encoder takes.

Each piece begins as the encoder's own embedding of it, narrowed to a third. Three blocks look at a piece and its two
neighbours each, so seven pieces are seen together; after the first each also learns the mean of all, which tells what
the passage is about. What counts are the largest value of each output, and a mean for which the network itself says
what weighs how much.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional

from segl_training import onnx_graph
from segl_training.encoder import Dropout
from segl_training.onnx_graph import Graph

WIDTH: Final = 128
BLOCKS: Final = 3
_EPSILON = 1e-5
_NOTHING = 1e4  # what is taken from padding, so that it is never the largest


class Block(nn.Module):
    """A piece with its neighbours, added to what is known of it."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH, eps=_EPSILON)
        self.look = nn.Linear(3 * WIDTH, WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor, present: Tensor) -> Tensor:
        y = functional.pad(self.norm(x) * present, (0, 0, 1, 1))
        three = torch.cat([y[:, :-2], y[:, 1:-1], y[:, 2:]], dim=2)
        return x + self.out(functional.gelu(self.look(three)))


class Sieve(nn.Module):
    """Ids and mask to logits, in the encoder's order."""

    def __init__(self, embedding: np.ndarray, outputs: int) -> None:
        super().__init__()
        self.words = nn.Embedding.from_pretrained(torch.from_numpy(embedding), freeze=True)
        self.narrow = nn.Linear(embedding.shape[1], WIDTH, bias=False)
        self.norm = nn.LayerNorm(WIDTH, eps=_EPSILON)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.about = nn.Linear(WIDTH, WIDTH)
        self.last_norm = nn.LayerNorm(WIDTH, eps=_EPSILON)
        self.weigh = nn.Linear(WIDTH, 1)
        self.inner = nn.Linear(2 * WIDTH, WIDTH)
        self.head = nn.Linear(WIDTH, outputs)
        self.dropout = Dropout(0)
        nn.init.constant_(self.head.bias, -2.0)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        present = mask.to(torch.float32)[:, :, None]
        x = self.dropout(self.norm(self.narrow(self.words(ids))))
        for number, block in enumerate(self.blocks):
            x = block(x, present)
            if number == 0:
                mean = (x * present).sum(1, keepdim=True) / present.sum(1, keepdim=True)
                x = x + self.about(mean)
        x = self.last_norm(x)
        absent = (1 - present) * _NOTHING
        largest = (x - absent).amax(1)
        share = torch.softmax(self.weigh(x) - absent, dim=1)
        pooled = torch.cat([largest, (share * x).sum(1)], dim=1)
        return self.head(self.dropout(functional.gelu(self.inner(pooled))))


def write(model: Sieve, file: Path) -> None:
    """*model* as a graph of 8 bits, the embeddings narrowed already."""
    weights = {name: value.detach().numpy() for name, value in model.state_dict().items()}
    onnx_graph.write(_graph(weights), file)


def _graph(weights: dict[str, np.ndarray]) -> onnx.ModelProto:
    graph = Graph(weights, _EPSILON)
    present = graph.present()
    x = graph.norm(graph.words(weights["words.weight"] @ weights["narrow.weight"].T), "norm")
    for number in range(BLOCKS):
        x = _block(graph, x, present, f"blocks.{number}.")
        if number == 0:
            about = graph.linear(graph.mean(x, present, keep=True), "about")
            x = graph.node("Add", [x, about])
    x = graph.norm(x, "last_norm")
    axis = graph.constant(np.array([1]))
    one, much = (graph.constant(np.array(value, np.float32)) for value in (1, _NOTHING))
    absent = graph.node("Mul", [graph.node("Sub", [one, present]), much])
    largest = graph.node("ReduceMax", [graph.node("Sub", [x, absent]), axis], keepdims=0)
    share = graph.node("Softmax", [graph.node("Sub", [graph.linear(x, "weigh"), absent])], axis=1)
    mean = graph.node("ReduceSum", [graph.node("Mul", [share, x]), axis], keepdims=0)
    pooled = graph.node("Concat", [largest, mean], axis=1)
    graph.linear(graph.node("Gelu", [graph.linear(pooled, "inner")]), "head", "logits")
    return graph.model()


def _block(graph: Graph, x: str, present: str, name: str) -> str:
    y = graph.node("Mul", [graph.norm(x, f"{name}norm"), present])
    y = graph.node("Pad", [y, graph.constant(np.array([0, 1, 0, 0, 1, 0]))])
    axis = graph.constant(np.array([1]))
    around = [
        graph.node("Slice", [y, graph.constant(np.array([begin])), graph.constant(np.array([end])), axis])
        for begin, end in ((0, -2), (1, -1), (2, 2**31))
    ]
    look = graph.node("Gelu", [graph.linear(graph.node("Concat", around, axis=2), f"{name}look")])
    return graph.node("Add", [x, graph.linear(look, f"{name}out")])
