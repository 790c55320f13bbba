"""The encoder in torch, for training only: a BERT of twelve layers with mean pooling and two heads' outputs.

Sentences of a batch have about the same length, so little is spent on padding. The word embeddings stay as
they came: words that the corpus lacks keep their place beside those it has.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from segl_training.weights import Architecture, Pretrained

_DROPPED = 26  # of 256


class Dropout(nn.Module):
    """A tenth left out at random; each has a *number* of its own, so that no two throw the same coins.

    torch throws its coins on one core, a tenth of all that a step takes; bytes of numpy's generator cost a fiftieth of
    that."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._chance = np.random.Generator(np.random.SFC64([torch.initial_seed(), number]))

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        thrown = np.frombuffer(bytearray(self._chance.bytes(x.numel())), np.uint8)
        kept = torch.from_numpy(thrown).view(x.shape) >= _DROPPED
        return x * (kept.to(x.dtype) * (256 / (256 - _DROPPED)))


class Layer(nn.Module):
    """One transformer layer, post-norm."""

    def __init__(self, shape: Architecture, number: int) -> None:
        super().__init__()
        self.heads = shape.heads
        self.qkv = nn.Linear(shape.hidden, 3 * shape.hidden)
        self.out = nn.Linear(shape.hidden, shape.hidden)
        self.attention_norm = nn.LayerNorm(shape.hidden, eps=shape.epsilon)
        self.inner = nn.Linear(shape.hidden, shape.inner)
        self.outer = nn.Linear(shape.inner, shape.hidden)
        self.output_norm = nn.LayerNorm(shape.hidden, eps=shape.epsilon)
        self.dropout = Dropout(number)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        batch, length, hidden = x.shape
        qkv = self.qkv(x).view(batch, length, 3, self.heads, hidden // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        seen = _attended(q, k, v, mask)
        seen = seen.transpose(1, 2).reshape(batch, length, hidden)
        x = self.attention_norm(x + self.dropout(self.out(seen)))
        return self.output_norm(x + self.dropout(self.outer(functional.gelu(self.inner(x)))))


def _attended(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """What torch's fused attention gives, by its parts: on processors and for passages this short its way back takes
    three times as long. In bfloat16 this is four times coarser, since the softmax is in it too."""
    likeness = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2) + mask.to(q.dtype)
    with torch.autocast("cpu", enabled=False):  # the softmax too in the type it comes in
        shares = torch.softmax(likeness, dim=-1)
    return shares @ v


class Encoder(nn.Module):
    """Ids and mask to logits: the first output is "anything at all", the others the labels."""

    def __init__(self, shape: Architecture, embedding: np.ndarray, outputs: int) -> None:
        super().__init__()
        self.words = nn.Embedding.from_pretrained(torch.from_numpy(embedding), freeze=True)
        self.positions = nn.Parameter(torch.zeros(shape.positions, shape.hidden))
        self.norm = nn.LayerNorm(shape.hidden, eps=shape.epsilon)
        self.layers = nn.ModuleList(Layer(shape, number) for number in range(shape.layers))
        self.dropout = Dropout(shape.layers)
        self.head = nn.Linear(shape.hidden, outputs)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        return self.head(self.dropout(self.pooled(ids, mask)))

    def pooled(self, ids: Tensor, mask: Tensor) -> Tensor:
        x = self.words(ids) + self.positions[: ids.shape[1]]
        x = self.dropout(self.norm(x))
        bias = (1.0 - mask.to(x.dtype))[:, None, None, :] * -1e4
        for layer in self.layers:
            x = layer(x, bias)
        weight = mask.to(x.dtype)[:, :, None]
        return (x * weight).sum(1) / weight.sum(1)

    def freeze(self, layers: int) -> None:
        """Leave the embeddings and the lowest *layers* as they are."""
        for module in (self.words, self.norm, *self.layers[:layers]):
            module.requires_grad_(False)
        self.positions.requires_grad_(False)

    def begin_from(self, source: Pretrained) -> None:
        """Take over the pretrained weights (all but the head)."""
        t = {name: torch.from_numpy(value) for name, value in source.tensors.items() if name != "emb.word"}
        hidden, inner = source.architecture.hidden, source.architecture.inner
        with torch.no_grad():
            kinds = t["emb.type"].view(-1, hidden)[0]  # every token is of the first type
            self.positions.copy_(t["emb.pos"].view(-1, hidden) + kinds)
            _set(self.norm, t["emb.ln.w"], t["emb.ln.b"])
            for number, layer in enumerate(self.layers):
                assert isinstance(layer, Layer)  # noqa: S101 # for the type checker
                p = f"l{number}."
                layer.qkv.weight.copy_(torch.cat([t[p + n + ".w"].view(hidden, hidden) for n in "qkv"]))
                layer.qkv.bias.copy_(torch.cat([t[p + n + ".b"] for n in "qkv"]))
                _set(layer.out, t[p + "ao.w"].view(hidden, hidden), t[p + "ao.b"])
                _set(layer.attention_norm, t[p + "aln.w"], t[p + "aln.b"])
                _set(layer.inner, t[p + "fi.w"].view(inner, hidden), t[p + "fi.b"])
                _set(layer.outer, t[p + "fo.w"].view(hidden, inner), t[p + "fo.b"])
                _set(layer.output_norm, t[p + "oln.w"], t[p + "oln.b"])


def _set(module: nn.Linear | nn.LayerNorm, weight: Tensor, bias: Tensor) -> None:
    module.weight.copy_(weight)
    module.bias.copy_(bias)
