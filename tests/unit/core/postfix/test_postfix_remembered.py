"""What Postfix's programs said of a table is asked of them once, as long as nothing could make the answer another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from segl.errors import PostfixError
from segl.postfix import remembered as module
from segl.postfix.remembered import Pairs, Question, remembered


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_known", {})


class Program:
    """Counts how often it is asked, and answers with that."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> Pairs:
        self.asked += 1
        return (("key", str(self.asked)),)


@pytest.mark.parametrize(
    ("kind", "text", "words", "times"),
    [
        ("regexp", "/x/ OK\n", ("-q", "x"), 1),
        ("cidr", "10.0.0.0/8 OK\n", ("-q", "10.0.0.1"), 1),
        ("texthash", "a b\n", ("postmap", "-s"), 1),
        ("pcre", "/x/ OK\n", ("-q", "x"), 2),  # its package may be gone
        ("hash", "a b\n", ("-q", "a"), 2),  # stands in another file
        ("regexp", "/ø/ OK\n", ("-q", "x"), 2),
        ("regexp", "/x/ OK\n", ("-q", "ø"), 2),
        ("regexp", "#" * 70_000, ("-q", "x"), 2),
    ],
)
def test_two_files_that_say_the_same_are_asked_once(
    tmp_path: Path, kind: str, text: str, words: tuple[str, ...], times: int
) -> None:
    ask = Program()
    for name in ("one", "two"):
        (tmp_path / name).write_text(text, "utf-8")
        answer = remembered(Question(kind, str(tmp_path / name), words), ask)
    assert (ask.asked, answer) == (times, (("key", str(times)),))


@pytest.mark.parametrize(
    "other",
    [
        Question("inline", "{a=b}", ("-q", "b")),
        Question("inline", "{a=b}", ("-q", "a", "b")),
        Question("inline", "{a=b}", ("postmap", "-s")),
        Question("inline", "{a=c}", ("-q", "a")),
        Question("regexp", "{a=b}", ("-q", "a")),
    ],
)
def test_another_question_is_asked(other: Question) -> None:
    ask = Program()
    one = Question("inline", "{a=b}", ("-q", "a"))
    assert remembered(one, ask) == remembered(one, ask) != remembered(other, ask)


def test_a_file_is_asked_anew_when_it_was_written(tmp_path: Path) -> None:
    file, ask = tmp_path / "table", Program()
    question = Question("regexp", str(file), ("-q", "x"))
    texts: list[Callable[[], object]] = [
        lambda: file.write_text("/x/ OK\n"),
        lambda: file.write_text("/x/ NO\n"),
        file.unlink,
        file.mkdir,
    ]
    for write in texts:
        write()
        remembered(question, ask)
    assert ask.asked == len(texts)


def test_what_was_said_while_somebody_wrote_the_file_is_not_remembered(tmp_path: Path) -> None:
    file, ask = tmp_path / "table", Program()
    question = Question("regexp", str(file), ("-q", "x"))
    file.write_text("/x/ OK\n")

    def meanwhile() -> Pairs:
        file.write_text("/x/ NO\n")
        return ask()

    remembered(question, meanwhile)
    file.write_text("/x/ OK\n")
    remembered(question, ask)
    assert ask.asked == 2


def test_a_failure_is_not_remembered_and_of_many_answers_the_oldest_goes() -> None:
    def fails() -> Pairs:
        raise PostfixError("nothing", "nothing")

    ask = Program()
    first = Question("inline", "{a=b}", ("-q", "a"))
    with pytest.raises(PostfixError):
        remembered(first, fails)
    for number in range(300):
        remembered(first._replace(words=("-q", str(number))), ask)
    remembered(first._replace(words=("-q", "299")), ask)
    assert ask.asked == 300
    remembered(first._replace(words=("-q", "0")), ask)
    assert ask.asked == 301
