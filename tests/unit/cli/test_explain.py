"""``segl explain``: what is shown of a message, and what never is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from keyword_model import KeywordModel
from segl.cli.explain_policies import applied
from segl.cli.main import build
from segl.settings.file import parse_settings
from segl.vocabulary import Decision, Label, Verdict
from segl_classifier.classify import gather
from segl_classifier.deadline import NEVER, Deadline
from segl_classifier.decide import Strictness
from segl_classifier.explain import explain
from segl_classifier.message import Text
from segl_classifier.rules import shipped_rules
from segl_classifier.understanding import passing
from segl_classifier.understanding.interface import Understanding
from segl_classifier.understanding.windows import split_windows
from world.terminal import segl as terminal_segl
from world.terminal import shown_on_terminal, told_on_terminal

pytestmark = pytest.mark.usefixtures("no_model")

HEAD = (
    "From: a@vand.example\nTo: b@by.example\nSubject: Vagtplan\nContent-Type: text/plain; charset=utf-8\n\n"
)
BODY = """Hej Ulla

Preben er stadig sygemeldt med sin diskusprolaps. [bold red]Hans[/] cpr-nummer er 010190-1234.

Vi ses på torsdag. Mødet er i kantinen, og kaffen er klar fra kl. 9.
"""
MODEL = KeywordModel({"sygemeldt": {Label.HEALTH: 0.8, Label.FAMILY: 0.1}}, lowered=(("template", 1.0),))


def segl(*arguments: str | Path) -> Result:
    return CliRunner().invoke(build("explain"), ["explain", *map(str, arguments)])


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    file = tmp_path / "mail.eml"
    file.write_text(HEAD + BODY, "utf-8")
    return file


def test_hits_stand_in_brackets_with_their_rules(mail: Path) -> None:
    done = segl(mail)
    assert (done.exit_code, done.stderr) == (10, "")
    assert "[[diskusprolaps]]{health.disease}" in done.stdout
    assert "[[0101xx-xxxx]]{cpr}" in done.stdout
    assert "Hej Ulla" in done.stdout


def test_who_is_there_is_told_below_the_words(mail: Path) -> None:
    lines = segl(mail).stdout.splitlines()
    [told] = [line for line in lines if line.startswith("   persons: ")]
    assert "Ulla (correspondent)" in told
    assert "Preben (named)" in told
    assert "0101" not in told
    windows = json.loads(segl(mail, "--json").stdout)["windows"]
    who = {w["text"][one["start"] : one["end"]]: one["kind"] for w in windows for one in w["persons"]}
    assert who["Preben"] == "named"


def test_the_arithmetic_of_words(mail: Path) -> None:
    done = segl(mail)
    assert "cpr: 1.00, holds from 0.50: holds\n    +1.00 numbers found\n" in done.stdout
    assert "    health.disease 0.55 in body: +0.35 weight of the rule" in done.stdout
    assert done.stdout.rstrip().splitlines()[-1].startswith("→ secure (cpr, ")


def test_the_arithmetic_of_a_model(mail: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segl_classifier.understanding.loading.load_model", lambda: MODEL)
    done = segl(mail)
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert "0.80 by the encoder stage: health 0.80, family 0.10, lowered 1.00 (template)" in lines
    at = lines.index("+0.80 model")
    assert lines[at - 1].startswith("health: 0.9")
    assert lines[at - 1].endswith("holds from 0.50, unsure from 0.30: holds")
    assert lines[at + 1 : at + 3] == ["+0.92 encoder stage", "-0.12 lowered: template"]
    assert "shipped rules, 0." in lines[at + 3]
    assert any(line.startswith("the message as a whole: ") for line in lines)
    assert segl(mail, "--no-model").stdout.count("encoder stage") == 0


def test_quiet_passages_are_counted_and_shown_on_demand(tmp_path: Path) -> None:
    file = tmp_path / "mail.eml"
    file.write_text(HEAD + "Vi ses på torsdag.\n", "utf-8")
    done = segl(file)
    assert done.exit_code == 0
    assert "2 passages in which nothing was found" in done.stdout
    assert "Vi ses" not in done.stdout
    assert "Vi ses på torsdag." in segl(file, "--all").stdout


def test_as_json(mail: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segl_classifier.understanding.loading.load_model", lambda: MODEL)
    told = json.loads(segl(mail, "--json").stdout)
    assert (told["decision"], told["labels"]) == ("secure", ["cpr", "health"])
    body = next(window for window in told["windows"] if "sygemeldt" in window["text"])
    assert (body["stage"], body["by"]) == (2, "encoder")
    hit = next(hit for hit in body["hits"] if "health.disease" in hit["rules"])
    assert body["text"][hit["start"] : hit["end"]] == "diskusprolaps"
    health = next(category for category in told["categories"] if category["label"] == "health")
    assert health["score"] == pytest.approx(sum(step["by"] for step in health["steps"]), abs=0.001)
    assert (health["standing"], health["model"], health["holds_from"]) == ("holds", 0.8, 0.5)
    assert told["categories"][-1]["label"] == "any"
    assert "1234" not in json.dumps(told)


class PassingModel(KeywordModel):
    """Sees nothing in a window; a sentence of it with a keyword is read by itself."""

    def understand(self, texts: Sequence[Text], deadline: Deadline = NEVER, /) -> Understanding:
        seen = super().understand(texts, deadline)
        quiet = tuple(replace(r, any=0.0, scores={}, lowered=()) for r in seen.readings)
        alone = [
            self._reading(sentence) for passage in split_windows(texts) for sentence in passage.sentences
        ]
        return replace(seen, readings=(*quiet, *(reading for reading in alone if reading.scores)))


class CertainModel(PassingModel):
    """Is surer of every window than of what a sentence of it says, and of another category."""

    def understand(self, texts: Sequence[Text], deadline: Deadline = NEVER, /) -> Understanding:
        seen = super().understand(texts, deadline)
        others = {Label.FAMILY: 0.95}
        return replace(
            seen,
            readings=tuple(
                r if passing.by_itself(r) else replace(r, any=0.95, scores=others) for r in seen.readings
            ),
        )


@pytest.mark.parametrize("of_windows", [PassingModel, CertainModel])
def test_a_sentence_that_was_read_by_itself_is_shown_apart(
    mail: Path, monkeypatch: pytest.MonkeyPatch, of_windows: type[PassingModel]
) -> None:
    model = of_windows({"sygemeldt": {Label.HEALTH: 0.8}}, lowered=((passing.LOWERED, passing.BY),))
    monkeypatch.setattr("segl_classifier.understanding.loading.load_model", lambda: model)
    windows = json.loads(segl(mail, "--json").stdout)["windows"]
    shown = [(w["text"].strip(), w.get("lowered")) for w in windows if w["where"] == "body"]
    assert ("Preben er stadig sygemeldt med sin diskusprolaps.", {passing.LOWERED: passing.BY}) in shown
    assert "".join(w["text"] for w in windows if w["where"] == "body").count("Preben") == 1
    assert f"lowered 3.00 ({passing.LOWERED})" in segl(mail).stdout


def test_what_could_not_be_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "odd.eml"
    file.write_bytes(b"From: a@x\nTo: b@y\nContent-Type: application/x-foo\n\n\x00\x01\n")
    done = segl(file)
    assert done.exit_code == 10
    assert "unreadable.unknown-type in " in done.stdout
    assert "→ secure (unreadable.unknown-type)" in done.stdout


def test_a_veto_is_told(mail: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        """
        [[rule]]
        id = "own.canteen"
        label = "all"
        effect = "veto"
        weight = 0.8
        why = "Kantinens opslag handler ikke om nogen."
        words = "kantinen"
        matches = ["Vi ses i kantinen."]
        not_matches = ["Vi ses."]
        """,
        "utf-8",
    )
    done = segl(mail, "--rules", own)
    assert "vetoed by own.canteen" in done.stdout
    at = done.stdout.index("own.canteen (veto) 0.80 in body")
    assert "Kantinens opslag handler ikke om nogen." in done.stdout[at:]
    findings = json.loads(segl(mail, "--rules", own, "--json").stdout)["findings"]
    whys = {finding["rule"]: finding.get("why") for finding in findings}
    assert whys["own.canteen"] == "Kantinens opslag handler ikke om nogen."
    assert whys["cpr"] is None
    assert "→ secure (cpr, veto.own.canteen)" in done.stdout


@pytest.mark.parametrize(
    "odd", ["\x1b[31mrød", "\x1b]0;titel\x07", "\x9b31m", "a\rb", "\u202etxt", "[red]x[/red]", "\x08\x7f"]
)
def test_nothing_in_a_message_can_steer_a_terminal(tmp_path: Path, odd: str) -> None:
    file = tmp_path / "mail.eml"
    file.write_text(
        HEAD.replace("Vagtplan", f"Preben er syg {odd}") + f"{odd} Preben har gigt {odd}\n", "utf-8"
    )
    done = segl(file, "--all")
    shown = done.stdout.replace("\n", "")
    assert done.exit_code in (0, 10)
    assert all(c.isprintable() for c in shown)


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colour_and_underline_on_a_terminal(mail: Path, no_color: str, coloured: bool) -> None:
    shown = shown_on_terminal(terminal_segl("explain", "--no-model", str(mail)), no_color)
    assert ("\x1b[4mdiskusprolaps\x1b[0m" in shown) is coloured
    assert ("[[diskusprolaps]]" in shown) is not coloured


@pytest.mark.parametrize(("count", "barred"), [(25, True), (2, False)])
def test_of_many_messages_that_go_to_a_file_a_bar_tells_how_far_it_is(
    mail: Path, tmp_path: Path, count: int, barred: bool
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.eml").write_bytes(mail.read_bytes())
    run = terminal_segl("explain", "--no-model", "--json", str(folder))
    code, shown = told_on_terminal(run, tmp_path / "out")
    assert code == 10
    assert (f"{count}" in shown and "%" in shown) is barred
    assert len((tmp_path / "out").read_text("utf-8").splitlines()) == count


NUMBER = "0101901234"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.sampled_from(
        ["010190-1234", "010190 1234", "0101901234", "01 01 90 12 34", "01.01.90-1234", "010190\n1234"]
    ),
    st.sampled_from(["CPR ", "ordre nr. ", "", "tlf. ", "faktura 12-"]),
    st.integers(0, 80),
)
def test_no_window_shows_a_number_however_it_is_cut(number: str, before: str, words: int) -> None:
    """Not even in two pieces: the text is masked before it is cut."""
    raw = (HEAD + "ord " * words + before + number + " og mere. " * 30).encode()
    told = explain(gather(raw, shipped_rules()), shipped_rules(), model=None, strictness=Strictness())
    digits = "".join(c for passage in told.passages for c in passage.text if c.isdigit())
    assert NUMBER[:7] not in digits


def test_a_directory_and_what_cannot_be_read(mail: Path) -> None:
    (mail.parent / "empty.eml").touch()
    done = segl(mail.parent)
    assert done.exit_code == 2
    assert "empty.eml: is empty" in done.stderr
    assert str(mail) in done.stdout


def test_policies_follow_the_arithmetic_recipient_by_recipient(mail: Path, tmp_path: Path) -> None:
    file = tmp_path / "segl.toml"
    file.write_text(
        '[organisation]\nname = "Vandet"\ndomains = ["vand.example"]\n\n'
        '[[policy]]\nname = "klar"\nrecipient = ["by.example"]\nverdict = "plain"\n'
        'lowers = ["health", "cpr", "employment_education"]\n\n'
        '[[policy]]\nname = "straf"\nrecipient = ["c.example"]\nverdict = "hold"\n',
        "utf-8",
    )
    shown = segl(mail, "--settings", file)
    assert "policies, by the addresses in the header" in shown.stdout
    assert "a@vand.example → b@by.example: verdict plain (policy klar; lowers secure)" in shown.stdout
    assert "→ with policies plain (" in shown.stdout
    assert "lowered.klar)" in shown.stdout
    assert shown.exit_code == 10, "what is in the message is what it was"
    told = segl(mail, "--settings", file, "--from", "x@vand.example", "--to", "q@c.example", "--json")
    policies = json.loads(told.stdout)["policies"]
    assert (policies["decision"], policies["from"], policies["guessed"]) == ("hold", "x@vand.example", False)
    assert policies["recipients"][0]["verdict"]["policy"] == "straf"


@pytest.mark.parametrize(
    ("to", "read"),
    [
        (
            "=?utf-8?Q?Hansen=3B_B=C3=B8rge?= <boerge@by.example>, c@by.example",
            ["boerge@by.example", "c@by.example"],
        ),
        ("=?utf-8?Q?Hansen=2C_B=C3=B8rge?= <boerge@by.example>", ["boerge@by.example"]),
        ("Hansen; Boerge <boerge@by.example>", ["boerge@by.example"]),
        ('"Boerge; q@c.example" <boerge@by.example>', ["boerge@by.example"]),
        ("boerge@by.example; c@by.example", ["boerge@by.example", "c@by.example"]),
        ("=?utf-8?Q?q=40c.example=2C?= < boerge@by.example >", ["boerge@by.example"]),
        ("bø@by.example", ["bø@by.example"]),
        # What an address holds is no encoded word, and white space around its signs is not of it.
        ("bo=?x@by.example", ["bo=?x@by.example"]),
        ("<bo=?utf-8?Q?x?=@by.example>", ["bo=?utf-8?Q?x?=@by.example"]),
        ("bo @ by.example (Bo)", ["bo@by.example"]),
        ("<bo@\n by.example>", ["bo@by.example"]),
        ('"anna hansen"@by.example, c@by.example', ['"anna hansen"@by.example', "c@by.example"]),
        ('"anna . hansen" @by.example', ['"anna . hansen"@by.example']),
        ('<"anna @ hansen"@ by.example>', ['"anna @ hansen"@by.example']),
        # Two words that no sign joins are no address.
        ("Bo bo@by.example", []),
        ('"Anna" bo(x)@by.example', []),
    ],
)
def test_policies_are_told_for_whoever_is_named_whatever_signs_are_in_the_name(
    tmp_path: Path, to: str, read: list[str]
) -> None:
    raw = f"From: =?utf-8?Q?Vand=3B_Nord?= <a@vand.example>\r\nTo: {to}\r\nSubject: x\r\n\r\nhej\r\n".encode()
    house = parse_settings(
        {
            "organisation": {"name": "Vandet", "domains": ["vand.example"]},
            "policy": [{"name": "by", "recipient": ["by.example"], "verdict": "secure"}],
        }
    )
    found = applied(raw, Verdict(Decision.PLAIN), house, None, [])
    assert found.sender == "a@vand.example"
    assert [one for one, _ in found.terms] == read


def test_what_is_neither_a_file_nor_an_id_is_said_to_be_neither(mail: Path) -> None:
    done = segl(mail, "zzz")
    assert done.exit_code == 2
    assert done.stderr == "segl: zzz: is neither a file nor a decision that is remembered\n"


@pytest.mark.parametrize("name", ["mailfromanna", "0123456789abcdef0123456789abcdef", "bo@kunde.example"])
def test_where_nothing_is_set_up_a_name_that_looks_like_an_id_is_a_file_that_is_not_there(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no matter of settings: in a clone there are none."""
    monkeypatch.setattr("segl.cli.explain.DEFAULT_FILE", tmp_path / "segl.toml")
    done = segl("--no-model", name)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"segl: {name}: is neither a file nor a decision that is remembered\n"
