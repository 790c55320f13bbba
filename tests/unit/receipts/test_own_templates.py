"""A house's own template that fails: it is refused with the settings, or gives way to the shipped one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from segl.receipts.states import State
from segl_delivery.receipts import own_templates
from segl_delivery.receipts.templates_of import template_faults
from world.peers import SmtpPeer
from world.told import Told, copy_of, settings


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A template has a second; and the processes that fill them in end with the test."""
    monkeypatch.setattr(own_templates, "SECONDS", 1.0)
    yield
    own_templates.workers().stop()


UNFIT = {
    "{{ cycler() }}": "at least one item",
    "{{ '\\ud800' }}": "surrogates not allowed",
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}": "longer than 1 seconds",
    "{{ 10 ** (10 ** 10) }}": "longer than 1 seconds",
    "{{ 'x' * 10 ** 9 }}": "more memory",
    "{{ 'x' * 9000000 }}": "more than 8388608 bytes",
    "{{ receipt.rows.append }}": "append",
    "Hej\n\n{{ receipt.recipient }}\n": "line 3: what it sees has no attribute 'recipient'",
    "{# nothing #}\n": "makes an empty text",
    "{{ receipt.heading": "line 1",
    "{{ receipt.nothing }}": "nothing",
    "{{ receipt.__class__.__mro__ }}": "unsafe",
    "{{ 1 / 0 }}": "division",
    "{{ receipt.subject|dictsort }}": "no attribute",
    "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}": "recursion",
}


@pytest.mark.parametrize("source", UNFIT, ids=list(UNFIT.values()))
def test_a_template_that_raises_hangs_or_floods_is_refused_with_the_settings(
    source: str, tmp_path: Path, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "longer than" not in UNFIT[source]:
        # On a busy machine it would be said of any of them.
        monkeypatch.setattr(own_templates, "SECONDS", 30.0)
    file = tmp_path / "own.txt"
    file.write_text(source)
    [fault] = template_faults(settings({"text": str(file)}), tmp_path / "segl.toml")
    assert UNFIT[source] in str(fault)


@pytest.mark.parametrize(
    "source",
    [
        "{% if receipt.kind == 'failed' and receipt.rows|length == 1 %}{{ cycler() }}{% endif %}",
        "{% if receipt.rows|length == 1 %}{{ '\\ud800' }}{% endif %}",
        "{% if receipt.rows|length == 1 %}{{ 10 ** (10 ** (9 + receipt.rows|length)) }}{% endif %}",
    ],
)
def test_one_that_fails_only_when_it_is_used_gives_way_to_the_shipped_one(
    source: str, engine: Engine, peer: SmtpPeer, tmp_path: Path, hurried: None
) -> None:
    file = tmp_path / "own.txt"
    file.write_text(f"Hej {source}")
    chosen = settings({"text": str(file)})
    assert list(template_faults(chosen, tmp_path / "segl.toml")) == []
    told = Told(engine, peer, chosen)
    failed = copy_of("bo@x.example", "bo@x.example", State.FAILED)
    told.hear(failed, at=time.time() - 60, expected=("bo@x.example",))
    [receipt] = told.tell()
    assert "Din mail er ikke leveret\r\n" in receipt.part("text/plain")
    assert [domain for domain, _ in told.unfit] == ["nordby.example"]
