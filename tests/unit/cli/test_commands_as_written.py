"""Every command of segl that the documents tell people to type is typed here, as it stands there.

Each runs in an organisation of its own, x.dk, which has what the pages speak of: a key, a partner, a sealed message,
the files that are named. What needs a running Postfix is typed in end-to-end tests, named below, as it stands there.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from segl import audit
from segl.cli.main import build
from segl.decisions import kept
from segl.decisions.record import DecisionRecord
from segl.events import configure_log
from segl.receipts import records
from segl.receipts.facts import Facts
from segl.receipts.records import Heard
from segl.receipts.states import News, Stage, State
from segl.settings.receipts import Receipts, ReceiptTerms
from segl.store.engine import transaction
from segl.vocabulary import Decision, Label, Way
from world.counter import Counter
from world.documents import typed
from world.oracle import openssl

DECISION = "ab" * 32

# What needs a Postfix is typed, word for word, where there is one.
ELSEWHERE = {
    "install": "tests/e2e/test_install*.py",
    "doctor": "tests/e2e/test_install.py",
    "hold": "tests/e2e/test_hold.py",
}
BAD_INPUT, UNDECIDED = 2, 21
MESSAGE = "From: anna@x.dk\nTo: bo@kunde.example\nSubject: Sag\n\nHej Bo. Dit CPR-nummer er 150689-1234.\n"
MBOX = f"From anna@x.dk Fri Nov 27 10:00:00 2026\n{MESSAGE}\n"
LABELLED = '{"id": "1", "lang": "da", "subject": "Sag", "text": "Hej Bo. Vi ses.", "labels": []}\n'
RULES = """
[[rule]]
id = "own.hearing-aid"
label = "health"
weight = 0.5
why = "Et høreapparat."
words = "høreapparat*"
near = ["person"]
matches = ["Hun har fået nyt høreapparat."]
not_matches = ["Nye høreapparater på markedet."]
"""


# What a file is whose name ends so; "": the settings.
FILES = {".toml": RULES.replace("0.5", "0.6"), ".jsonl": LABELLED, ".mbox": MBOX, ".toml.new": ""}
STAND_INS = (
    ("[FILE…]", "own.toml"),
    ("OLD NEW", "old.toml new.toml"),
    ("NEW.toml", "new.toml"),
    ("/etc/segl/rules.d/", ""),
    ("[--json]", "--json"),
    ("evaluate FILE…", "evaluate set.jsonl"),
    ("FILE…", "message.eml"),
    ("~/Maildir/.Sent/cur", "message.eml"),
    ("oces.p12 --for x.dk", "oces.p12 --for x.dk --passphrase-file pass"),  # there is no terminal to ask at
    ('"…"', '"Preben er sygemeldt."'),
)


def as_here(command: str, ids: dict[str, str]) -> str:
    """*command* with this place's names for what the page could only stand in for."""
    for said, meant in (*STAND_INS, *ids.items()):
        command = command.replace(said, meant)
    return command


HERE = sorted(each for each in typed() if each.split()[0] not in ELSEWHERE)


class Place:
    """The organisation x.dk in *directory*."""

    def __init__(self, directory: Path, port: int) -> None:
        self.directory, self.file = directory, directory / "segl.toml"
        self.file.write_text(
            f"""
[organisation]
name = "Nordby Vandværk"
domains = ["x.dk"]
[portal]
url = "https://sikker.x.dk"
sealed = "{directory}/sealed"
[delivery]
certificates = "{directory}/tunnel.d"
keys = "{directory}/keys"
tunnel_lists = "{directory}/lists"
[postfix]
return_port = "127.0.0.1:{port}"
[routing]
nameservers = ["127.0.0.1:1"]
[[tunnel_list]]
name = "forening"
source = "{directory}/medlemmer"
format = "pem"
[store]
url = "sqlite:///{directory}/segl.db"
""",
            "utf-8",
        )

    def types(self, command: str) -> Result:
        words = shlex.split(command)
        if not {"--settings", "publish", "evaluate"} & {*words} and words[:2] != ["settings", "check"]:
            words += ["--settings", str(self.file)]
        try:
            return CliRunner().invoke(build(words[0]), words)
        finally:
            configure_log()


@pytest.fixture(scope="module")
def premises(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Counter, dict[str, str]]]:
    """What every organisation here begins with, the counter behind its store, and the ids of its sealed message and of
    its decision, as the pages call them."""
    folder = tmp_path_factory.mktemp("premises")
    with Counter(folder) as counter:
        letter = counter.seal("kunde@example.dk", sender="anna@x.dk")
        remember(counter)
        for name, text in {
            "message.eml": MESSAGE,
            "mails/1.eml": MESSAGE,
            "set.jsonl": LABELLED,
            "own.toml": RULES,
        }.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, "utf-8")
        self_signed("kommune.dk", "rsa:2048", folder / "key", folder / "partner.pem")
        partner = (folder / "partner.pem").read_bytes()
        for name in ("tunnel.d/kommune.dk.pem", "tunnel.d/partner.example.pem", "medlemmer/kommune.dk.pem"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(partner)
        (folder / "www").mkdir()
        head = str(audit.head(counter.engine))
        counter.engine.dispose()
        yield folder, counter, {"1f0c9a": letter.message_id[:6], " ID": f" {DECISION}", "NUMBER:HASH": head}


def remember(counter: Counter) -> None:
    """A message that went securely: its receipt and its decision."""
    to, moment = "bo@andre.example", counter.now
    news = News(to, to, Stage.SECURE, State.SENT, moment, way=Way.TLS)
    facts = Facts(moment, ("cpr",), (to,))
    heard = Heard(DECISION, "anna@nordby.example", "<1@nordby.example>", moment, facts, (news,))
    terms = ReceiptTerms(Receipts.SECURE, "da", 1800.0, 90)
    with transaction(counter.engine) as connection:
        records.hear(connection, heard, lambda _: terms, moment)
        record = DecisionRecord(
            DECISION, moment, "x.dk", Decision.SECURE, labels=(Label.HEALTH,), why=("health",)
        )
        kept.write(connection, [record], "segl-deliver")


@pytest.fixture
def place(
    premises: tuple[Path, Counter, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Place:
    folder, counter, _ = premises
    shutil.copytree(folder, tmp_path / "x")
    monkeypatch.chdir(tmp_path / "x")
    return Place(tmp_path / "x", counter.port)


def self_signed(name: str, key: str, key_file: Path, file: Path) -> None:
    making = ("req", "-x509", "-newkey", key, "-noenc", "-days", "365", "-subj", f"/CN={name}")
    openssl(*making, "-keyout", key_file, "-out", file)


def prepare(place: Place, command: str) -> None:
    """What the page has had done before this line."""
    for name in shlex.split(as_here(command, {})):
        for ending, text in FILES.items():
            if name.endswith(ending) and "/" not in name and not Path(name).exists():
                Path(name).write_text(text or place.file.read_text("utf-8"), "utf-8")
    if command.startswith("key new"):
        return
    assert place.types("key new x.dk --algorithm p-256").exit_code == 0
    if command == "key import issued.pem":
        asked = place.types("key new x.dk --csr x.csr --algorithm p-256 --another")
        assert asked.exit_code == 0, asked.output
        self_signed("CA", "rsa:2048", Path("ca.key"), Path("ca.pem"))
        signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-days", "365", "-copy_extensions", "copyall")
        Path("issued.pem").write_bytes(openssl("x509", "-req", "-in", "x.csr", *signing))
    if "oces.p12" in command:
        Path("pass").write_text("hemmelig\n", "utf-8")
        self_signed("x.dk", "rsa:2048", Path("k"), Path("c"))
        openssl(
            "pkcs12", "-export", "-inkey", "k", "-in", "c", "-out", "oces.p12", "-passout", "pass:hemmelig"
        )
    if "liste.key" in command:
        self_signed("Foreningens tunnelliste", "rsa:2048", Path("liste.key"), Path("liste.pem"))


@pytest.mark.parametrize("command", HERE)
def test_it_does_what_it_says(
    place: Place, premises: tuple[Path, Counter, dict[str, str]], command: str
) -> None:
    """No usage error, no bad input, nothing unforeseen; an answer that is no success (1) is among those expected."""
    if command.startswith("policy"):
        place.file.write_text(place.file.read_text("utf-8") + POLICY, "utf-8")
    prepare(place, command)
    written = as_here(command, premises[2])
    assert not re.search(r"(?<![\w<\"'])[A-Z]{2,}\b", written), "it still has a word that stands for another"
    for name, meant in (
        ("/etc/segl/segl.toml", str(place.file)),
        ("postgresql+psycopg://segl@db.x.dk/segl", f"sqlite:///{place.directory}/another.db"),
    ):
        written = written.replace(name, meant)
    done = place.types(written)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code != BAD_INPUT, done.output
    assert done.exit_code in (0, 10) or EXPECTED.get(command) == done.exit_code, done.output


POLICY = '[[policy]]\nname = "kommunen"\nrecipient = ["kommune.example"]\nleast = "dane"\n'
# Answers that are no success here, and why.
EXPECTED = {
    "domains --draft kunde.dk": 1,  # nothing was sent to it yet
    "rules diff /etc/segl/rules.d/own.toml new.toml": 1,  # they differ
    "status": 1,  # nothing runs
    "tunnel list": 1,  # none was taken yet
    "route bo@kommune.example": UNDECIDED,  # no name server answers
    "route bo@klartekst.example --refresh": UNDECIDED,
}


def test_answers_that_are_expected_are_those_of_commands_that_are_told() -> None:
    assert set(EXPECTED) <= set(HERE)


def test_the_rest_is_typed_where_there_is_a_postfix(repository: Path) -> None:
    """Each stands there as it does on the page; what of it is typed in a loop, by the name of its command."""
    missing = []
    for name, test in ELSEWHERE.items():
        text = "".join(file.read_text("utf-8") for file in sorted(repository.glob(test)))
        if f'in typed("{name}")' not in text:
            missing += [each for each in typed(name) if f'types("{each}"' not in text]
    assert not missing
    assert len(HERE) > 60
