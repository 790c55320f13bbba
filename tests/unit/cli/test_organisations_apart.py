"""Two organisations in one installation: what each is shown of messages, receipts, decisions and what was said of them.

The town runs the installation. The school's people are bound to it (``staff``): whatever they ask for, nothing of the
town's or the waterworks' is shown, not even that it is there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from segl.cli.main import build
from segl.decisions import feedback, kept
from segl.decisions.links import feedback_secret
from segl.decisions.record import DecisionRecord
from segl.decisions.said import Says
from segl.events import configure_log
from segl.receipts import records
from segl.receipts.facts import Facts
from segl.receipts.records import Heard
from segl.receipts.states import News, Stage, State
from segl.sealed.revocation import house_secret
from segl.settings.file import load_settings
from segl.settings.receipts import Receipts, ReceiptTerms
from segl.store.engine import transaction
from segl.tables.decisions import decision_feedback
from segl.vocabulary import Decision, Way
from segl_portal.feedback import FeedbackService
from world.counter import Counter

DOMAINS = {"Byen": "by.example", "Skolen": "skole.example", "Vandet": "vand.example"}
SETTINGS = """
[organisation]
name = "Byen"
domains = ["by.example"]
[[tenant]]
name = "Skolen"
domains = ["skole.example"]
subdomains = true
staff = ["lise", "mona"]
feedback = "hjaelp@skole.example"
[[tenant]]
name = "Vandet"
domains = ["vand.example"]
staff = ["mona"]
[portal]
url = "https://sikker.by.example"
sealed = "{folder}/sealed"
[delivery]
reinject = "127.0.0.1:{port}"
[store]
url = "sqlite:///{folder}/segl.db"
"""
TERMS = ReceiptTerms(Receipts.SECURE, "da", 1800.0, 3650)
MOMENT = 1_790_000_000.0


@dataclass(frozen=True, slots=True)
class Town:
    """``sealed`` and ``names`` are ids by organisation: of the sealed message, and of what receipts and decisions are
    about."""

    file: Path
    counter: Counter
    sealed: dict[str, str]
    names: dict[str, str]

    def __call__(self, *words: str) -> Result:
        command = [word.format(**self.ids("Byen")) for word in words]
        try:
            return CliRunner().invoke(build(command[0]), [*command, "--settings", str(self.file)])
        finally:
            configure_log()

    def ids(self, of: str) -> dict[str, str]:
        return {"sealed": self.sealed[of], "name": self.names[of]}

    def shown(self, *words: str) -> set[str]:
        """The organisations whose domain stands in what was printed."""
        done = self(*words)
        assert done.exit_code == 0, done.output
        return {name for name, domain in DOMAINS.items() if domain in done.stdout}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    with Counter(folder) as counter:
        file = folder / "segl.toml"
        file.write_text(SETTINGS.format(folder=folder, port=counter.port), "utf-8")
        sealed = {
            name: counter.seal("bo@x.example", sender=f"anna@{domain}").message_id
            for name, domain in DOMAINS.items()
        }
        names = {name: f"{number:x}" * 64 for number, name in enumerate(DOMAINS, 10)}
        with transaction(counter.engine) as connection:
            for name, domain in DOMAINS.items():
                ident, sender = names[name], f"anna@{domain}"
                facts = Facts(MOMENT, ("cpr",), ("bo@x.example",))
                news = News("bo@x.example", "bo@x.example", Stage.SECURE, State.SENT, MOMENT, way=Way.TLS)
                heard = Heard(ident, sender, f"<1@{domain}>", MOMENT, facts, (news,))
                records.hear(connection, heard, lambda _: TERMS, MOMENT)
                made = DecisionRecord(
                    ident, counter.now, domain, Decision.SECURE, why=("cpr",), queue_id=f"4Q{name}"
                )
                kept.write(connection, [made], "segl-deliver")
                feedback.say(connection, ident, Says.WRONG, f"en fra {domain}", counter.now)
            feedback.say(connection, "f" * 64, Says.RIGHT, "om noget, der er glemt", counter.now)
        counter.engine.dispose()
        yield Town(file, counter, sealed, names)


@pytest.fixture
def as_person(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    monkeypatch.delenv("SUDO_UID", raising=False)
    return lambda name: monkeypatch.setenv("SUDO_USER", name)


LISTS = [("sealed", "list"), ("receipt", "list"), ("decisions", "list"), ("feedback", "list")]


@pytest.mark.parametrize("words", LISTS, ids=" ".join)
def test_a_list_shows_what_is_of_the_organisation_asked_for(town: Town, words: tuple[str, ...]) -> None:
    assert town.shown(*words) == set(DOMAINS), "who runs the installation sees all"
    for name in DOMAINS:
        assert town.shown(*words, "--organisation", name) == {name}
        assert town.shown(*words, "--organisation", name, "--json", "--limit", "1") == {name}, (
            "before the limit"
        )


@pytest.mark.parametrize("words", LISTS, ids=" ".join)
def test_who_is_of_one_organisation_is_shown_nothing_else(
    town: Town, as_person: Callable[[str], None], words: tuple[str, ...]
) -> None:
    as_person("lise")
    assert town.shown(*words) == {"Skolen"}
    assert town.shown(*words, "--organisation", "Skolen") == {"Skolen"}
    other = town(*words, "--organisation", "Vandet")
    assert (other.exit_code, other.stdout) == (2, "")
    assert "Byen" not in other.stderr, "nor who else there is"
    as_person("mona")
    assert town.shown(*words) == {"Skolen", "Vandet"}
    assert town.shown(*words, "--organisation", "Vandet") == {"Vandet"}


# Of one message, by its id: the school's people, and whoever asks for the school alone.
NAMED = [
    ("sealed", "show", "{sealed}"),
    ("sealed", "revoke", "{sealed}"),
    ("sealed", "extend", "{sealed}", "--days", "3"),
    ("sealed", "resend", "{sealed}"),
    ("receipt", "show", "{name}"),
    ("receipt", "show", "<1@by.example>"),
    ("decisions", "show", "{name}"),
    ("decisions", "show", "4QByen"),
    ("explain", "{name}"),
    ("feedback", "{name}", "right"),
]


@pytest.mark.parametrize("words", NAMED, ids=" ".join)
def test_of_another_organisations_message_nothing_is_told_and_nothing_done(
    town: Town, as_person: Callable[[str], None], words: tuple[str, ...]
) -> None:
    nowhere = ("1" * 32, "1" * 64)
    absent = town(
        *(
            word.format(sealed=nowhere[0], name=nowhere[1]).replace("by.", "no.").replace("4QByen", "4QInge")
            for word in words
        )
    )
    if words[0] != "explain":
        assert refused(town, *words, "--organisation", "Skolen") == told(absent)
    as_person("lise")
    assert refused(town, *words) == told(absent), "it looks as if there were none"
    with transaction(town.counter.engine) as connection:
        said = feedback.read(connection, town.names["Byen"])
    assert said is not None
    assert said.says is Says.WRONG


def refused(town: Town, *words: str) -> tuple[int, str]:
    return told(town(*words))


def told(done: Result) -> tuple[int, str]:
    """The answer without the name that was asked for."""
    assert done.exit_code == 1, done.output
    assert done.stdout == ""
    return done.exit_code, " ".join(
        word for word in done.stderr.split() if len(word) < 7 and not word.startswith("4Q")
    )


def test_her_own_she_sees_and_decides_about(town: Town, as_person: Callable[[str], None]) -> None:
    as_person("lise")
    ids = town.ids("Skolen")
    assert town("sealed", "show", ids["sealed"]).exit_code == 0
    assert town("receipt", "show", ids["name"]).exit_code == 0
    assert town("explain", ids["name"]).exit_code == 10
    shown = json.loads(town("decisions", "show", ids["name"], "--json").stdout)
    assert shown["domain"] == "skole.example"
    assert town("sealed", "extend", ids["sealed"], "--days", "9").exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("audit", "export"),
        ("audit", "verify"),
        ("sealed", "adopt"),
        ("rules", "cost"),
        ("canary", "status"),
        ("domains", "--organisation", "Byen"),
        ("audit", "record", "--organisation", "Byen"),
    ],
    ids=" ".join,
)
def test_what_tells_of_everybody_is_not_for_her(
    town: Town, as_person: Callable[[str], None], words: tuple[str, ...]
) -> None:
    as_person("lise")
    done = town(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "lise (sudo)" in done.stderr
    as_person("knud")
    assert town(*words).exit_code == 0


def test_her_own_figures_are_what_she_gets_unasked(town: Town, as_person: Callable[[str], None]) -> None:
    as_person("lise")
    assert "Skolen" in town("audit", "record").stdout
    as_person("mona")
    done = town("audit", "record")
    assert (done.exit_code, "--organisation, one of Skolen, Vandet" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("of", "ask"), [("Skolen", "hjaelp@skole.example"), ("Vandet", "postmaster@vand.example")]
)
def test_who_has_said_enough_by_his_link_is_sent_to_his_own_people(town: Town, of: str, ask: str) -> None:
    name, engine = town.names[of], town.counter.engine
    with transaction(engine) as connection:  # what somebody said by command would stand from the first
        connection.execute(decision_feedback.delete().where(decision_feedback.c.id == name))
    desk = FeedbackService(load_settings(town.file), engine)
    secret = feedback_secret(house_secret(engine), name).text()
    heard = [desk.say(name, secret, says) for says in (Says.RIGHT, Says.WRONG) * 3]
    last = heard[-1]
    assert last is not None
    assert (last.heard, last.stands, last.ask) == (feedback.Heard.FIXED, Says.RIGHT, ask)
