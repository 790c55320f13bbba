"""``segl check``: what it is given (files, folders, mailboxes, streams), and where it writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from segl.cli.spread import cores
from world import template
from world.checking import CPR, HEALTH, PLAIN, segl, segl_forked, segl_process
from world.terminal import segl as terminal_segl
from world.terminal import shown_on_terminal, told_on_terminal

pytestmark = pytest.mark.usefixtures("no_model")


@pytest.mark.parametrize("charset", ["utf-8", "latin-1", "ascii:strict"])
def test_json_can_be_read_whatever_charset_the_terminal_has(mail: Path, charset: str) -> None:
    """A letter that it lacks ends no run."""
    (mail / "Łukasz.eml").write_bytes(CPR.replace(b"Hans", "Søren Ærø “Bo”, 30 €:".encode()))
    done = segl_forked("--json", "--no-model", mail / "Łukasz.eml", PYTHONIOENCODING=charset)
    assert (done.returncode, done.stderr) == (10, "")
    told = json.loads(done.stdout)
    assert told["file"].endswith("Łukasz.eml")
    assert "Ærø “Bo”, 30 €" in told["findings"][0]["excerpt"]


@pytest.mark.parametrize("arguments", [["-"], []], ids=["dash", "nothing"])
def test_standard_input(arguments: list[str]) -> None:
    done = segl(*arguments, stdin=HEALTH)
    assert done.returncode == 10
    assert "standard input" in done.stdout


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
        "hint: name them one by one to have them read",
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


def test_names_from_a_message_cannot_steer_a_terminal(tmp_path: Path) -> None:
    odd = HEALTH.replace(
        b"Content-Type: text/plain; charset=utf-8\n",
        b'Content-Type: text/plain; charset=utf-8; name="\x1b[2J\xe2\x80\xae.txt"\n'
        b'Content-Disposition: attachment; filename="\x1b[2J.txt"\n',
    )
    file = tmp_path / "a\x1b[31m\nb.eml"
    file.write_bytes(odd)
    done = segl_forked(file, "--all")
    assert done.returncode == 10
    assert "\x1b" not in done.stdout
    assert len(done.stdout.splitlines()[0].split("secure")) == 2


def test_a_file_name_in_no_charset_is_still_a_file(tmp_path: Path) -> None:
    name = os.fsdecode(b"br\xe6v.eml")
    (tmp_path / name).write_bytes(HEALTH)
    for option in ("--json", "--all"):
        done = segl_forked(option, tmp_path)
        assert (done.returncode, done.stderr) == (10, "")


def test_a_reader_that_leaves_is_no_fault(mail: Path) -> None:
    for number in range(200):
        (mail / f"{number}.eml").write_bytes(PLAIN)
    (shown, output), (told, errors) = os.pipe(), os.pipe()
    running = template.spawn("segl", ["check", "--json", str(mail)], output=output, errors=errors)
    os.close(output)
    os.close(errors)
    with os.fdopen(shown, "rb") as lines:
        lines.readline()
    with os.fdopen(told, "rb") as complaints:
        assert complaints.read() == b""
    assert running.wait(60) == 141, "as if SIGPIPE had ended it"


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colour_on_a_terminal_unless_it_is_not_wanted(mail: Path, no_color: str, coloured: bool) -> None:
    shown = shown_on_terminal(terminal_segl("check", str(mail / "health.eml")), no_color)
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
    run = terminal_segl("check", "--no-model", "--json", str(folder))
    code, shown = told_on_terminal(run, tmp_path / "out")
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
