"""Every command of segl that the documents tell people to type is typed here, as it stands there.

Each runs in an organisation of its own, x.dk, which has what the pages speak of: a key, a partner, a sealed message,
the files that are named. What needs a running Postfix is typed in end-to-end tests, named below.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from segl.cli.main import build
from world.counter import Counter
from world.oracle import openssl

ROOT = Path(__file__).resolve().parents[3]
PAGES = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "docs").glob("*/*.md")]
# Where what needs more than this is tried, by how the command begins.
ELSEWHERE = {
    "install": "tests/e2e/test_install.py",
    "doctor": "tests/e2e/test_symptoms.py",
    "hold": "tests/e2e/test_hold.py",
    "receipt": "tests/e2e/test_symptoms.py",
    "decisions": "tests/unit/cli/test_decisions_command.py",
}
BAD_INPUT, UNDECIDED = 2, 21
_BLOCK = re.compile(r"^( *)```(?:sh)?\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(
    r"^\s*(?:\$ )?(?:sudo )?(?:\.venv/bin/)?segl (.*?)(?:\s+# .*|\s*\| .*|\s*> .*|\s{3,}.*)?$", re.MULTILINE
)

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


def typed() -> Iterator[str]:
    for page in PAGES:
        for _, block in _BLOCK.findall(page.read_text("utf-8")):
            for line in _COMMAND.findall(block.replace("\\\n", " ")):
                yield " ".join(line.split())


# What a file is whose name ends so; "": the settings.
FILES = {".toml": RULES.replace("0.5", "0.6"), ".jsonl": LABELLED, ".mbox": MBOX, ".toml.new": ""}
STAND_INS = (
    ("[FILE…]", "own.toml"),
    ("/etc/segl/rules.d/", ""),
    ("[--json]", "--json"),
    ("evaluate FILE…", "evaluate set.jsonl"),
    ("FILE…", "message.eml"),
    ("oces.p12 --for x.dk", "oces.p12 --for x.dk --passphrase-file pass"),  # there is no terminal to ask at
    ('"…"', '"Preben er sygemeldt."'),
)


def as_here(command: str) -> str:
    """*command* with this place's names for what the page could only stand in for."""
    for said, meant in STAND_INS:
        command = command.replace(said, meant)
    return command


def stands_open(command: str) -> bool:
    """Whether it still has a word in capitals, ``ID`` say: only its own tests have something to put there."""
    return re.search(r"(?<![\w<\"'])[A-Z]{2,}\b", as_here(command)) is not None


HERE = sorted({each for each in typed() if not each.startswith(tuple(ELSEWHERE)) and not stands_open(each)})


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
reinject = "127.0.0.1:{port}"
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
            structlog.reset_defaults()


@pytest.fixture(scope="module")
def premises(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Counter, str]]:
    """What every organisation here begins with, the counter behind its store, and the id of its sealed message."""
    folder = tmp_path_factory.mktemp("premises")
    with Counter(folder) as counter:
        letter = counter.seal("kunde@example.dk", sender="anna@x.dk")
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
        counter.engine.dispose()
        yield folder, counter, letter.message_id


@pytest.fixture
def place(premises: tuple[Path, Counter, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    folder, counter, _ = premises
    shutil.copytree(folder, tmp_path / "x")
    monkeypatch.chdir(tmp_path / "x")
    return Place(tmp_path / "x", counter.port)


def self_signed(name: str, key: str, key_file: Path, file: Path) -> None:
    making = ("req", "-x509", "-newkey", key, "-noenc", "-days", "365", "-subj", f"/CN={name}")
    openssl(*making, "-keyout", key_file, "-out", file)


def prepare(place: Place, command: str) -> None:
    """What the page has had done before this line."""
    for name in shlex.split(command):
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
def test_it_does_what_it_says(place: Place, premises: tuple[Path, Counter, str], command: str) -> None:
    """No usage error, no bad input, nothing unforeseen; that something differs or is not so (1) is an answer."""
    if command.startswith("policy"):
        place.file.write_text(place.file.read_text("utf-8") + POLICY, "utf-8")
    prepare(place, command)
    written = as_here(command).replace("1f0c9a", premises[2][:6])
    done = place.types(written.replace("/etc/segl/segl.toml", str(place.file)))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code != BAD_INPUT, done.output
    answered = done.exit_code in (0, 10) or (done.exit_code == 1 and not done.stderr)
    assert answered or EXPECTED.get(command) == done.exit_code, done.output


POLICY = '[[policy]]\nname = "kommunen"\nrecipient = ["kommune.example"]\nleast = "dane"\n'
# Answers that are no success here, and why.
EXPECTED = {
    "domains --draft kunde.dk": 1,  # nothing was sent to it yet
    "route bo@kommune.example": UNDECIDED,  # no name server answers
    "route bo@klartekst.example --refresh": UNDECIDED,
}


def test_answers_that_are_expected_are_those_of_commands_that_are_told() -> None:
    assert set(EXPECTED) <= set(HERE)


def test_the_rest_is_typed_in_other_tests(repository: Path) -> None:
    for name, test in ELSEWHERE.items():
        assert f'"{name.split()[0]}"' in (repository / test).read_text("utf-8"), (name, test)
    assert len(HERE) > 40
