"""A house that remembers decisions: settings, rules, a store, and messages judged into it as the milter would.

house = TuningHouse(directory)
name = house.decide("Min kajak ligger ved broen.")
house("rules", "replay", file)
"""

from __future__ import annotations

import json
import secrets
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from segl.cli.main import build
from segl.decisions import kept
from segl.decisions.reading import from_bytes
from segl.decisions.record import DecisionRecord
from segl.events import Events
from segl.settings.file import load_settings
from segl.store.engine import open_store, transaction
from segl_classifier.rules import RuleSet, load_rules
from segl_milter.decisions import Circumstances, Recorder
from segl_milter.ruling import ruling_on
from segl_milter.transaction import Address, Mail
from world.stores import store_in

DOMAIN = "nordby.example"
BOAT = """
[[rule]]
id = "own.boat"
label = "family"
weight = {weight}
why = "En regel om både, til prøve."
words = "{words}"
matches = ["Min kajak ligger ved broen."]
not_matches = ["Vi sejler i morgen."]
{more}
"""
MAIL = (
    "From: a@{domain}\nTo: b@by.example\nSubject: {subject}\nMIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=utf-8\n\n{body}\n"
)


@lru_cache(4)
def _rules_of(files: tuple[tuple[Path, bytes], ...]) -> RuleSet:
    """As long as nobody changes the files they are read once, as by a milter."""
    return load_rules([file for file, _ in files])


class TuningHouse:
    """``rules`` is its rule file; ``decide`` judges a message and remembers the decision."""

    def __init__(self, directory: Path, *, detection: str = "model = false", more: str = "") -> None:
        self.directory = directory
        self.rules = self.rule_file("own.toml")
        self.settings = directory / "segl.toml"
        self.write_settings(detection, more)
        self.engine = open_store(store_in(directory))
        self.engine.dispose()

    def write_settings(self, detection: str = "model = false", more: str = "") -> None:
        self.settings.write_text(
            f'[organisation]\nname = "Nordby Vandværk"\ndomains = ["{DOMAIN}"]\n'
            f'[detection]\nrules = ["{self.rules}"]\n{detection}\n'
            f'[store]\nurl = "sqlite:///{self.directory}/segl.db"\n{more}',
            "utf-8",
        )

    def rule_file(self, name: str, *, weight: float = 0.6, words: str = "kajak*", more: str = "") -> Path:
        file = self.directory / name
        file.write_text(BOAT.format(weight=weight, words=words, more=more), "utf-8")
        return file

    def message(self, body: str, subject: str = "Hej", domain: str = DOMAIN) -> bytes:
        return MAIL.format(domain=domain, subject=subject, body=body).encode()

    def decide(self, body: str, *, subject: str = "Hej", domain: str = DOMAIN, days_ago: float = 0) -> str:
        """The id of the decision on a message from *domain*."""
        settings = load_settings(self.settings)
        rules = _rules_of(tuple((file, file.read_bytes()) for file in settings.detection.rules))
        raw = self.message(body, subject, domain)
        mail = Mail(Address(f"<a@{domain}>"), (Address("<b@by.example>"),), raw, len(raw), (subject,))
        made: list[bytes] = []
        moment = time.time() - days_ago * 86400
        recorder = Recorder(made.append, rules, settings, Events("t"), clock=lambda: moment)
        name = secrets.token_hex(32)
        recorder(
            ruling_on(mail, rules, settings),
            Circumstances(name, f"4{name[:9].upper()}z1", mail.sender.bare, 1, len(raw), 0.01),
        )

        self.keep(from_bytes(made[0]), now=moment)
        return name

    def keep(self, *records: DecisionRecord, now: float | None = None) -> None:
        with transaction(self.engine) as connection:
            kept.write(connection, records, "segl-deliver", now)
        self.engine.dispose()

    def __call__(self, *words: object) -> Result:
        command = [str(word) for word in words]
        return CliRunner().invoke(build(command[0]), [*command, "--settings", str(self.settings)])

    def json(self, *words: object) -> list[dict[str, Any]]:
        done = self(*words, "--json")
        assert done.exit_code in (0, 10), done.output
        return [json.loads(line) for line in done.stdout.splitlines()]
