"""The networks in torch, and the graphs made of them: the same answers, whatever stands beside a passage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from segl_classifier.understanding.network import Network, Vocabulary
from segl_training import encoder, graph, sieve_net
from segl_training.sieve import padded
from training import small

APART = 0.1  # what eight bits may change of logits of about one


def _said(model: torch.nn.Module, pieces: list[list[int]]) -> np.ndarray:
    ids = padded(pieces)
    with torch.no_grad():
        return np.asarray(model(ids, (ids != small.PAD).long()))


def _sieve() -> sieve_net.Sieve:
    made: sieve_net.Sieve = sieve_net.Sieve(small.embedding(), small.OUTPUTS)
    made.eval()
    return made


@pytest.mark.parametrize("made", [small.encoder, _sieve])
def test_padding_and_neighbours_change_no_answer(made: object) -> None:
    model = made()  # type: ignore[operator]
    pieces = small.pieces_of(small.passages(8))
    together = _said(model, pieces)
    alone = np.concatenate([_said(model, [some]) for some in pieces])
    assert np.abs(together - alone).max() < 1e-4
    assert np.ptp(alone[:, 0]) > 0.01, "passages differ in what is said of them"


def test_the_graph_of_an_encoder_says_what_the_encoder_says(tmp_path: Path) -> None:
    model = small.encoder()
    batches = [(ids := padded(small.pieces_of(small.passages(32))), (ids != small.PAD).long())]
    graph.write(model, small.SHAPE, tmp_path / "encoder.onnx", graph.largest_inputs(model, batches))
    _same(model, tmp_path / "encoder.onnx", tmp_path)


def test_the_graph_of_a_sieve_says_what_the_sieve_says(tmp_path: Path) -> None:
    model = _sieve()
    sieve_net.write(model, tmp_path / "sieve.onnx")
    _same(model, tmp_path / "sieve.onnx", tmp_path)


def _same(model: torch.nn.Module, file: Path, folder: Path) -> None:
    """Not the same number each time, but each output higher for the passages it is higher for."""
    small.tokenizer().save(str(folder / "tokenizer.json"))
    pieces = small.pieces_of(small.passages(40))
    expected = _said(model, pieces)
    said = Network(file, Vocabulary(folder / "tokenizer.json")).read_pieces(pieces)
    assert np.abs(said - expected).max() < APART
    alike = [np.corrcoef(a, b)[0, 1] for a, b in zip(said.T, expected.T, strict=True)]
    assert min(alike) > 0.97


def test_frozen_layers_do_not_learn() -> None:
    model = small.encoder().train()
    model.freeze(2)
    learning = {
        name.split(".")[1] if name.startswith("layers") else name.split(".")[0]
        for name, p in model.named_parameters()
        if p.requires_grad
    }
    assert learning == {"2", "head"}


def test_attention_by_its_parts_is_torchs() -> None:
    q, k, v = torch.randn(3, 2, 4, 6, 8)
    mask = torch.zeros(2, 1, 1, 6)
    mask[1, ..., 4:] = -1e4
    expected = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    assert torch.allclose(encoder._attended(q, k, v, mask), expected, atol=1e-5)


def test_dropout_leaves_out_a_tenth_and_keeps_the_mean() -> None:
    dropout = encoder.Dropout(1)
    x = torch.ones(200, 500)
    assert (dropout.eval()(x) == x).all()
    once, twice = dropout.train()(x), dropout(x)
    assert (once == 0).float().mean().item() == pytest.approx(26 / 256, abs=0.01)
    assert once.mean().item() == pytest.approx(1, abs=0.01)
    assert not torch.equal(once, twice)
    assert torch.equal(encoder.Dropout(1).train()(x), once), "the same seed, the same coins"
    assert not torch.equal(encoder.Dropout(2).train()(x), once), "each layer throws its own"
