"""The values of metric labels are closed sets: none is written out where something is counted."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from segl.metric_labels import DeliveryResult, HttpAnswer, InboundEncryption

ROOT = Path(__file__).parents[3]
FOLDERS = ("core", "classifier/segl_classifier", "milter", "portal", "postfix")


def written_out(source: str) -> list[int]:
    """The lines where a text is given to ``labels``."""
    if ".labels" not in source:  # as in nearly all files: to parse one takes a hundred times as long
        return []
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    labels = (call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "labels")
    inside = (node for call in labels for each in call.args for node in ast.walk(each))
    texts = (
        node.lineno
        for node in inside
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
    )
    return sorted(set(texts))


def test_labels_are_named() -> None:
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]
    assert len(files) > 500
    assert [(file, line) for file in files for line in written_out(file.read_text("utf-8"))] == []


def test_what_is_written_out_is_found() -> None:
    assert written_out('M.labels("a" if x else B.C).inc()\nM.labels(f"{x}xx")\nM.labels(x, B.C)') == [1, 2]


@pytest.mark.parametrize(
    ("status", "value"), [(200, "2xx"), (303, "3xx"), (404, "4xx"), (503, "5xx"), (None, "broken")]
)
def test_answers_by_their_class(status: int | None, value: str) -> None:
    assert HttpAnswer.of(status).value == value


def test_replies_by_their_class() -> None:
    found = [DeliveryResult.of(code).value for code in (250, 451, 550, 354)]
    assert found == ["delivered", "deferred", "refused", "deferred"]
    assert [InboundEncryption.of(one).value for one in (True, False, None)] == [
        "opened",
        "not-opened",
        "not-encrypted",
    ]
