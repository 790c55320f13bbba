"""How messages are found in files, mailboxes and directories."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.cli import mailbox
from segl.cli.mailbox import Mail, PassedOver, Source, Unread, find_sources, read_mail, tell_passed_over
from segl.pipes import open_to_read

MOST = 10_000


def read(path: Path, most: int = MOST) -> list[Mail | Unread]:
    return list(read_mail(Source(str(path), path, 0), most))


def test_a_file_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"Subject: x\n\nFrom here on\n")
    assert read(tmp_path / "a") == [Mail(str(tmp_path / "a"), b"Subject: x\n\nFrom here on\n", 25)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["unix", "crlf"])
def test_a_mailbox_is_a_row_of_messages(tmp_path: Path, end: bytes) -> None:
    lines = [
        b"From a@x",
        b"S: 1",
        b"",
        b">From the start",
        b">>From x",
        b"From within",
        b"",
        b"From b@x",
        b"S: 2",
    ]
    (tmp_path / "box").write_bytes(end.join(lines) + end)
    first, second = read(tmp_path / "box")
    assert isinstance(first, Mail)
    assert isinstance(second, Mail)
    assert first.raw == end.join([b"S: 1", b"", b"From the start", b">From x", b"From within", b"", b""])
    assert (second.name, second.raw) == (f"{tmp_path}/box#2", b"S: 2" + end)


def test_of_a_huge_message_only_so_much_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 50_000)
    (tmp_path / "box").write_bytes(b"From a\n" + b"x" * 50_000 + b"\n\nFrom b\nsmall\n")
    (only,) = read(tmp_path / "a")
    large, small = read(tmp_path / "box")
    assert isinstance(only, Mail)
    assert isinstance(large, Mail)
    assert isinstance(small, Mail)
    assert MOST < len(only.raw) <= MOST + 1
    assert MOST < len(large.raw) <= 2 * MOST + 2
    assert small.raw == b"small\n"


def test_a_mailbox_that_ends_in_the_middle_is_read_to_there(tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(b"From a\nS: 1\n\nFrom b")
    assert [m.raw for m in read(tmp_path / "box") if isinstance(m, Mail)] == [b"S: 1\n\n", b""]


def test_a_pipe_can_be_named(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(b"S: 1\n"))
    writer.start()
    (source,) = find_sources([str(pipe)])
    assert isinstance(source, Source)
    assert [m.raw for m in read_mail(source, MOST) if isinstance(m, Mail)] == [b"S: 1\n"]
    writer.join()


def test_a_pipe_into_which_nobody_writes_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "open_to_read", partial(open_to_read, seconds=0.05))
    os.mkfifo(tmp_path / "pipe")
    [unread] = read(tmp_path / "pipe")
    assert isinstance(unread, Unread)
    assert unread.problem == "is a pipe into which nobody wrote for 0.05 s"


def test_a_pipe_of_the_shell_is_waited_for_however_slow_its_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "open_to_read", partial(open_to_read, seconds=0.05))
    reading, writing = os.pipe()  # as bash makes them for <(…)

    def write() -> None:
        time.sleep(0.2)
        os.write(writing, b"S: 1\n")
        os.close(writing)

    writer = threading.Thread(target=write)
    writer.start()
    assert [m.raw for m in read(Path(f"/dev/fd/{reading}")) if isinstance(m, Mail)] == [b"S: 1\n"]
    writer.join()
    os.close(reading)


def looked_through(directory: Path) -> tuple[list[str], Counter[PassedOver]]:
    """The files below *directory* that are read, and how much is not."""
    passed: Counter[PassedOver] = Counter()
    names = [os.path.relpath(s.name, directory) for s in find_sources([str(directory)], passed)]
    return names, passed


def test_what_is_special_in_a_directory_is_left_alone_and_counted(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "circle").symlink_to(tmp_path)
    (tmp_path / "itself").symlink_to("itself")
    (tmp_path / "gone").symlink_to("nowhere")
    (tmp_path / "other").symlink_to("a")
    names, passed = looked_through(tmp_path)
    assert names == ["a", "other"]
    assert passed == {PassedOver.SPECIAL: 3, PassedOver.LINK: 1}


def test_all_folders_of_a_maildir_are_read(tmp_path: Path) -> None:
    """Beside the messages lie the server's own files: one that is empty (maildirfolder) would count as unreadable."""
    mails = ["cur/1:2,S", "new/2", ".Sent/cur/3:2,S", ".Sent.2025/new/4", ".Sent/.Deeper/cur/5"]
    for name in (*mails, ".Sent/maildirfolder", ".Sent/dovecot-uidlist", ".git/HEAD", ".git/objects/6"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / ".Archive").mkdir()  # without messages it is not seen to be one
    (tmp_path / ".Linked").symlink_to(".Sent")
    names, passed = looked_through(tmp_path)
    assert sorted(names) == sorted(mails)
    assert passed == {PassedOver.HIDDEN: 2, PassedOver.BESIDE: 2, PassedOver.LINK: 1}


def test_a_maildir_folder_that_is_named_is_read_as_any_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (".Sent/cur/1", ".Sent/mail.eml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    monkeypatch.chdir(tmp_path / ".Sent")
    for named in (".", "../.Sent", "../.Sent/", str(tmp_path / ".Sent")):
        assert {Path(s.name).name for s in find_sources([named])} == {"1", "mail.eml"}


def test_a_mail_that_is_moved_while_the_directory_is_read_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "b").write_bytes(b"x")
    passed: Counter[PassedOver] = Counter()
    sources = find_sources([str(tmp_path)], passed)
    assert Path(next(sources).name).name == "a"
    (tmp_path / "b").unlink()
    assert list(sources) == []
    assert passed == {PassedOver.SPECIAL: 1}


def test_what_may_not_be_looked_at_is_told_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"x")
    original = Path.stat

    def stat(path: Path, **_: object) -> os.stat_result:
        if path.name == "a":
            raise PermissionError(errno.EACCES, "permission denied", str(path))
        return original(path)

    monkeypatch.setattr(Path, "stat", stat)
    [unread] = find_sources([str(tmp_path)])
    assert unread == Unread(str(tmp_path / "a"), "may not be read", "run as a user who may, or as root")


@pytest.mark.parametrize(
    ("passed", "line"),
    [
        ({PassedOver.HIDDEN: 1, PassedOver.LINK: 2}, "1 hidden file or folder, 2 links to folders"),
        (
            {PassedOver.SPECIAL: 1, PassedOver.BESIDE: 1},
            "1 file beside a Maildir folder's messages, 1 special file",
        ),
        ({PassedOver.HIDDEN: 12, PassedOver.SPECIAL: 2}, "12 hidden files and folders, 2 special files"),
    ],
)
def test_what_was_passed_over_is_told_in_a_line(
    passed: dict[PassedOver, int], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tell_passed_over(Counter(passed))
    assert (
        capsys.readouterr().err
        == f"segl: passed over: {line}\nhint: name them one by one to have them read\n"
    )
    tell_passed_over(Counter())
    assert capsys.readouterr().err == ""


def test_a_name_that_is_none_is_told() -> None:
    (unread,) = find_sources(["a\0b"])
    assert isinstance(unread, Unread)


@given(st.lists(st.binary(max_size=60).filter(lambda raw: b"\r" not in raw), min_size=1, max_size=5))
def test_what_goes_into_a_mailbox_comes_out(
    tmp_path_factory: pytest.TempPathFactory, mails: list[bytes]
) -> None:
    """Each written as RFC 4155 has it: quoted, ended by an empty line."""
    box = tmp_path_factory.mktemp("box") / "box"
    quoted = [
        b"".join(
            b">" + line if line.lstrip(b">").startswith(b"From ") else line
            for line in (mail + b"\n").splitlines(keepends=True)
        )
        for mail in mails
    ]
    box.write_bytes(b"".join(b"From a@x\n" + mail + b"\n" for mail in quoted))
    assert [m.raw for m in read(box) if isinstance(m, Mail)] == [mail + b"\n\n" for mail in mails]
