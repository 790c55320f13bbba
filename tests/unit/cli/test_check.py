"""``segl check``: what it prints and how it exits."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from keyword_model import KeywordModel
from segl.cli.main import build
from segl.cli.spread import cores
from segl.errors import SeglError
from segl.vocabulary import Label
from world.terminal import told_on_terminal

pytestmark = pytest.mark.usefixtures("no_model")

SEGL = [sys.executable, "-m", "segl.cli", "check"]
PLAIN = b"From: a@vand.example\nTo: b@by.example\nSubject: Referat\n\nReferatet kommer i morgen.\n"
HEALTH = (
    b"From: a@vand.example\nTo: b@by.example\nSubject: Vagtplan\n"
    b"Content-Type: text/plain; charset=utf-8\n\n"
    b"Preben er stadig sygemeldt med sin diskusprolaps og skal opereres.\n"
)
CPR = b"From: a@vand.example\nTo: b@by.example\nSubject: x\n\nHans cpr-nummer er 010190-1234.\n"
UNREADABLE = b"From: a@vand.example\nTo: b@by.example\nContent-Type: application/x-foo\n\n\x00\x01\x02\n"


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def segl(*arguments: str | Path, stdin: bytes = b"") -> Done:
    """``segl check``, called in this process."""
    done = CliRunner().invoke(build("check"), ["check", *map(str, arguments)], input=stdin)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


def segl_process(*arguments: str | Path) -> Done:
    """``segl check``, as a process of its own."""
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [*SEGL, *map(str, arguments)], capture_output=True, timeout=120, check=False, env=environment
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode("utf-8", "replace"))


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    for name, content in {"plain": PLAIN, "health": HEALTH, "cpr": CPR}.items():
        (tmp_path / f"{name}.eml").write_bytes(content)
    return tmp_path


def own_rules(folder: Path, text: str) -> Path:
    file = folder / "own.toml"
    file.write_text(text, "utf-8")
    return file


@pytest.mark.parametrize("charset", ["utf-8", "latin-1", "ascii:strict"])
def test_json_can_be_read_whatever_charset_the_terminal_has(mail: Path, charset: str) -> None:
    """A letter that it lacks ends no run."""
    (mail / "Łukasz.eml").write_bytes(CPR.replace(b"Hans", "Søren Ærø “Bo”, 30 €:".encode()))
    environment = {**os.environ, "PYTHONIOENCODING": charset}
    asked = [*SEGL, "--json", "--no-model", str(mail / "Łukasz.eml")]
    done = subprocess.run(asked, capture_output=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (10, b"")
    told = json.loads(done.stdout.decode())
    assert told["file"].endswith("Łukasz.eml")
    assert "Ærø “Bo”, 30 €" in told["findings"][0]["excerpt"]


@pytest.mark.parametrize(("name", "code", "word"), [("plain", 0, "plain"), ("health", 10, "secure")])
def test_one_message(mail: Path, name: str, code: int, word: str) -> None:
    done = segl(mail / f"{name}.eml")
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.startswith(word)


def test_the_model_reads_along(mail: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = KeywordModel({"referatet": {Label.DISPUTE: 0.9}, "preben": {Label.HEALTH: 0.4}})
    monkeypatch.setattr("segl_classifier.understanding.loading.load_model", lambda: model)
    plain, health = segl("--json", mail / "plain.eml"), segl(mail / "health.eml")
    told = json.loads(plain.stdout)
    assert (told["decision"], told["labels"]) == ("secure", ["dispute"])
    assert told["findings"][0] | {"excerpt": ""} == {
        "rule": "model",
        "label": "dispute",
        "where": "body",
        "excerpt": "",
        "score": 0.9,
    }
    assert "model health  " in health.stdout
    assert segl("--no-model", mail / "plain.eml").returncode == 0
    settings = mail / "segl.toml"
    settings.write_text('[organisation]\nname = "V"\ndomains = ["v.example"]\n[detection]\nmodel = false\n')
    assert segl("--settings", settings, mail / "plain.eml").returncode == 0


def test_doubt_is_shown_with_what_is_in_doubt(mail: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = KeywordModel({"referatet": {Label.DISPUTE: 0.4}})
    monkeypatch.setattr("segl_classifier.understanding.loading.load_model", lambda: model)
    done = segl(mail / "plain.eml")
    assert done.returncode == 10
    assert "  unsure\n" in done.stdout
    assert "model dispute  0.40  body" in done.stdout


def test_a_model_that_cannot_be_used_is_an_error(mail: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged() -> None:
        raise SeglError("model: encoder.onnx missing", hint="install the package again")

    monkeypatch.setattr("segl_classifier.understanding.loading.load_model", damaged)
    done = segl(mail / "plain.eml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "segl: model: encoder.onnx missing\nhint: install the package again\n"


def test_the_evidence_is_shown_masked(mail: Path) -> None:
    done = segl(mail / "cpr.eml")
    assert done.returncode == 10
    assert "0101xx-xxxx" in done.stdout
    assert "010190-1234" not in done.stdout


def test_json_is_one_object_a_line(mail: Path) -> None:
    done = segl("--json", mail / "health.eml", mail / "plain.eml")
    health, plain = (json.loads(line) for line in done.stdout.splitlines())
    assert set(health) == {"file", "decision", "labels", "findings"}
    assert (health["file"], health["decision"]) == (str(mail / "health.eml"), "secure")
    assert "health" in health["labels"]
    assert set(health["findings"][0]) == {"rule", "label", "where", "excerpt", "score"}
    assert (plain["decision"], plain["labels"]) == ("plain", [])


def test_of_several_the_strictest_counts(mail: Path) -> None:
    done = segl(mail / "plain.eml", mail / "health.eml", mail / "plain.eml")
    assert done.returncode == 10
    assert "3 messages: 2 plain, 1 secure" in done.stdout


def test_a_hold_has_its_own_exit_code(mail: Path) -> None:
    rules = own_rules(mail, '[label.health]\ndecision = "hold"\n')
    done = segl("--rules", rules, mail / "health.eml", mail / "cpr.eml")
    assert done.returncode == 11
    assert done.stdout.startswith("hold ")


def test_a_reject_too(mail: Path) -> None:
    rules = own_rules(mail, '[label.cpr]\ndecision = "reject"\n')
    assert segl("--rules", rules, mail / "cpr.eml").returncode == 12


@pytest.mark.parametrize("arguments", [["-"], []], ids=["dash", "nothing"])
def test_standard_input(arguments: list[str]) -> None:
    done = segl(*arguments, stdin=HEALTH)
    assert done.returncode == 10
    assert "standard input" in done.stdout


VETO = """
[[rule]]
id = "own.bulletin"
label = "health"
effect = "veto"
weight = 0.9
why = "Vagtplanen handler ikke om nogen."
words = "vagtplan"
matches = ["Her er en vagtplan."]
not_matches = ["Her er en plan."]
"""


def test_each_finding_has_the_same_five_keys_whatever_it_does_to_its_category(mail: Path) -> None:
    """Programs read them; what a rule takes away is told by `segl explain --json`, where the sums are."""
    rules = own_rules(mail, VETO)
    told = json.loads(segl("--json", "--rules", rules, mail / "health.eml").stdout)
    assert "own.bulletin" in {finding["rule"] for finding in told["findings"]}
    keys = {tuple(finding) for finding in told["findings"]}
    assert keys == {("rule", "label", "where", "excerpt", "score")}
    explained = CliRunner().invoke(
        build("explain"), ["explain", "--json", "--rules", str(rules), str(mail / "health.eml")]
    )
    effects = {one["rule"]: one.get("effect") for one in json.loads(explained.stdout)["findings"]}
    assert effects["own.bulletin"] == "veto"
    assert set(effects.values()) == {"veto", None}


def test_a_directory_is_gone_through(mail: Path) -> None:
    (mail / "deeper").mkdir()
    (mail / "deeper" / "more.eml").write_bytes(HEALTH)
    (mail / ".hidden").write_bytes(HEALTH)
    done = segl("--json", mail)
    assert [Path(json.loads(line)["file"]).name for line in done.stdout.splitlines()] == [
        "cpr.eml",
        "health.eml",
        "plain.eml",
        "more.eml",
    ]
    assert done.stderr.splitlines() == [
        "segl: passed over: 1 hidden file or folder",
        "hint: what is named by itself is read",
    ]
    assert segl("--quiet", mail).stderr == ""


def test_what_was_sent_is_read_in_a_maildir(tmp_path: Path) -> None:
    """Maildir++: the folder INBOX is the directory itself, all others begin with a dot."""
    for folder, content in (("cur", b"Subject: hej\n\nVi ses.\n"), (".Sent/cur", CPR)):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "1:2,S").write_bytes(content)
    done = segl("--json", "--no-model", tmp_path)
    assert done.returncode == 10, "a mail in .Sent holds a number"
    assert (len(done.stdout.splitlines()), done.stderr) == (2, "")


def test_a_mailbox_is_taken_apart(mail: Path) -> None:
    box = mail / "box"
    box.write_bytes(b"From a@x Mon Jan  1\n" + PLAIN + b"\nFrom b@x Mon Jan  1\n" + HEALTH)
    done = segl("--json", box)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(f["file"], f["decision"]) for f in found] == [(f"{box}#1", "plain"), (f"{box}#2", "secure")]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("none.eml", "there is no such file"),
        ("empty.eml", "is empty"),
        ("blank.eml", "is empty"),
        ("empty.d", "holds no files"),
    ],
)
def test_what_cannot_be_read_is_told_and_the_rest_is_checked(mail: Path, name: str, what: str) -> None:
    (mail / "empty.eml").touch()
    (mail / "blank.eml").write_bytes(b"\n \n\n")
    (mail / "empty.d").mkdir()
    done = segl(mail / name, mail / "health.eml")
    assert done.returncode == 2
    assert f"segl: {mail / name}: {what}" in done.stderr
    assert "secure" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_device_is_not_read_for_ever() -> None:
    done = segl("/dev/zero")
    assert done.returncode == 2
    assert "is a device, which holds no message" in done.stderr


def test_what_has_no_known_form_is_sent_securely(tmp_path: Path) -> None:
    (tmp_path / "odd.eml").write_bytes(UNREADABLE)
    done = segl("--json", tmp_path / "odd.eml")
    assert done.returncode == 10
    assert any(f["rule"].startswith("unreadable.") for f in json.loads(done.stdout)["findings"])


def test_many_messages_are_spread_over_the_cores_in_order(tmp_path: Path) -> None:
    for number in range(70):
        (tmp_path / f"{number:03}.eml").write_bytes(HEALTH if number % 7 == 0 else PLAIN)
    (tmp_path / "035.eml").write_bytes(b"")
    done = segl_process("--json", tmp_path)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(f["file"]).stem for f in found] == [f"{n:03}" for n in range(70) if n != 35]
    assert [f["decision"] == "secure" for f in found] == [n % 7 == 0 for n in range(70) if n != 35]
    assert done.returncode == 2
    assert done.stderr == f"segl: {tmp_path / '035.eml'}: is empty\n"


def test_a_message_beyond_the_limits_is_sent_securely(mail: Path) -> None:
    settings = mail / "segl.toml"
    settings.write_text(
        '[organisation]\nname = "V"\ndomains = ["vand.example"]\n[limits]\nmessage_bytes = 1000\n'
    )
    (mail / "large.eml").write_bytes(PLAIN + b"x" * 5000)
    done = segl("--json", "--settings", settings, mail / "large.eml", mail / "plain.eml")
    large, plain = (json.loads(line) for line in done.stdout.splitlines())
    assert large["findings"][0]["rule"] == "unreadable.too-large"
    assert (large["decision"], plain["decision"]) == ("secure", "plain")


def test_the_settings_bring_their_rules_and_their_policy(mail: Path) -> None:
    own_rules(mail, '[label.health]\ndecision = "hold"\n')
    settings = mail / "segl.toml"
    settings.write_text(
        f'[organisation]\nname = "V"\ndomains = ["vand.example"]\n'
        f'[detection]\nrules = ["{mail}/own.toml"]\nunreadable = "reject"\n'
    )
    (mail / "odd.eml").write_bytes(UNREADABLE)
    assert segl("--settings", settings, mail / "health.eml").returncode == 11
    assert segl("--settings", settings, mail / "odd.eml").returncode == 12


@pytest.mark.parametrize("option", ["--settings", "--rules"])
def test_bad_settings_or_rules_are_told_fault_by_fault(mail: Path, option: str) -> None:
    bad = mail / "bad.toml"
    bad.write_text("[[rule]]\nid = 'x'\nwieght = 1\n[organisatoin]\n")
    done = segl(option, bad, mail / "plain.eml")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "hint: did you mean" in done.stderr
    assert all(line.startswith(("segl: ", "hint: ")) for line in done.stderr.splitlines())


def test_names_from_a_message_cannot_steer_a_terminal(tmp_path: Path) -> None:
    odd = HEALTH.replace(
        b"Content-Type: text/plain; charset=utf-8\n",
        b'Content-Type: text/plain; charset=utf-8; name="\x1b[2J\xe2\x80\xae.txt"\n'
        b'Content-Disposition: attachment; filename="\x1b[2J.txt"\n',
    )
    file = tmp_path / "a\x1b[31m\nb.eml"
    file.write_bytes(odd)
    done = segl_process(file, "--all")
    assert done.returncode == 10
    assert "\x1b" not in done.stdout
    assert len(done.stdout.splitlines()[0].split("secure")) == 2


def test_a_file_name_in_no_charset_is_still_a_file(tmp_path: Path) -> None:
    name = os.fsdecode(b"br\xe6v.eml")
    (tmp_path / name).write_bytes(HEALTH)
    for option in ("--json", "--all"):
        done = segl_process(option, tmp_path)
        assert (done.returncode, done.stderr) == (10, "")


def test_quiet_only_exits(mail: Path) -> None:
    done = segl("-q", mail / "health.eml", mail / "plain.eml")
    assert (done.returncode, done.stdout, done.stderr) == (10, "", "")


def test_a_reader_that_leaves_is_no_fault(mail: Path) -> None:
    for number in range(200):
        (mail / f"{number}.eml").write_bytes(PLAIN)
    with subprocess.Popen(
        [*SEGL, "--json", str(mail)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 141, "as if SIGPIPE had ended it"


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colour_on_a_terminal_unless_it_is_not_wanted(mail: Path, no_color: str, coloured: bool) -> None:
    main, terminal = pty.openpty()
    with subprocess.Popen(
        [*SEGL, str(mail / "health.eml")],
        stdout=terminal,
        stderr=subprocess.PIPE,
        env={**os.environ, "NO_COLOR": no_color, "TERM": "xterm"},
    ) as running:
        running.wait(30)
    os.close(terminal)
    shown = os.read(main, 10_000).decode()
    os.close(main)
    assert ("\x1b[" in shown) is coloured


@pytest.mark.parametrize(("count", "barred"), [(70, True), (2, False)])
def test_over_a_directory_whose_result_goes_to_a_file_a_bar_tells_how_far_it_is(
    tmp_path: Path, count: int, barred: bool
) -> None:
    """A bar stands only where the work is spread over cores."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.eml").write_bytes(HEALTH)
    code, shown = told_on_terminal([*SEGL, "--no-model", "--json", str(folder)], tmp_path / "out")
    assert code == 10
    size = f"{count * len(HEALTH) / 1000:.1f} kB"
    assert (size in shown and "%" in shown) is (barred and cores() > 1)
    assert len((tmp_path / "out").read_text("utf-8").splitlines()) == count


def test_an_empty_name_is_not_the_directory_one_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mail.eml").write_bytes(CPR)
    monkeypatch.chdir(tmp_path)
    done = segl("")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "segl: '': is an empty name",
        "hint: name a file, a directory, or - for standard input",
    ]


@pytest.mark.parametrize(("closed", "code"), [(">&-", 10), ("2>&-", 10), (">&- 2>&-", 10), ("<&- >&-", 10)])
def test_a_closed_stream_is_no_fault(tmp_path: Path, closed: str, code: int) -> None:
    (tmp_path / "mail.eml").write_bytes(CPR)
    line = f"{sys.executable} -m segl.cli check --no-model {tmp_path}/mail.eml {closed}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (code, b"")


def test_faults_beyond_number_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "segl.toml"
    file.write_text("".join(f"[a{n}]\n" for n in range(100)))
    told = segl("--settings", file, "-").stderr.splitlines()
    assert told[-1] == "segl: and 51 more faults"  # organisation is missing, too
