"""A message with which the process is ended again and again is put off, and no other is for long."""

from __future__ import annotations

from pathlib import Path

import pytest

from segl_delivery.lmtp.in_hand import FORGOTTEN_SECONDS, Ends, InHand, name_of

BAD = name_of("portal", "anna@x.dk", ["bo@y.dk"], 60_000_000)
GOOD = name_of("portal", "anna@x.dk", ["bo@y.dk"], 900)


def killed_with(folder: Path, *names: str, at: float) -> None:
    """A process that is ended while it holds *names*: it comes to no end of either."""
    marks = InHand(folder, lambda: at)
    for name in names:
        marks.take(name)


@pytest.mark.parametrize(
    ("times", "seconds"),
    [(1, 0), (2, 0), (3, 600), (4, 1800), (5, 5400), (6, 16_200), (7, 21_600), (900, 21_600)],
)
def test_the_more_often_the_longer(tmp_path: Path, times: int, seconds: int) -> None:
    folder = tmp_path / "marks"
    for _ in range(times):
        killed_with(folder, BAD, at=1000.0)
    now = [1000.0]
    marks = InHand(folder, lambda: now[0])
    now[0] = 999.0 + seconds
    assert (marks.put_off(BAD) is not None) == (seconds > 0)
    now[0] = 1000.0 + seconds
    assert marks.put_off(BAD) is None
    with marks.holding(BAD):
        pass
    now[0] = 1000.0
    assert marks.put_off(BAD) is None, "it went through"


def test_a_message_is_known_again_in_whatever_order_its_recipients_come() -> None:
    assert (
        len({name_of("tls", "a@x.dk", order, 9) for order in (["b@y.dk", "c@y.dk"], ["c@y.dk", "b@y.dk"])})
        == 1
    )


def test_who_was_beside_it_is_taken_at_the_next_try(tmp_path: Path) -> None:
    folder = tmp_path / "marks"
    killed_with(folder, BAD, GOOD, at=0.0)
    killed_with(folder, BAD, GOOD, at=0.0)
    with InHand(folder, lambda: 60.0).holding(GOOD):
        pass
    killed_with(folder, BAD, GOOD, at=120.0)
    marks = InHand(folder, lambda: 121.0)
    assert marks.put_off(GOOD) is None
    assert marks.put_off(BAD) is not None


def test_a_message_that_is_broken_off_at_a_stop_is_no_less_suspect(tmp_path: Path) -> None:
    folder = tmp_path / "marks"
    for _ in range(3):
        killed_with(folder, BAD, at=0.0)
    with pytest.raises(KeyboardInterrupt), InHand(folder, lambda: 700.0).holding(BAD):
        raise KeyboardInterrupt
    assert InHand(folder, lambda: 800.0).put_off(BAD) == Ends(3, 700.0)


def test_what_is_told_of_no_more_is_forgotten(tmp_path: Path) -> None:
    folder = tmp_path / "marks"
    for _ in range(3):
        killed_with(folder, BAD, at=0.0)
    InHand(folder, lambda: 1.0)
    (folder / "half").touch()
    assert len(list(folder.iterdir())) == 2
    InHand(folder, lambda: FORGOTTEN_SECONDS + 2)
    assert [file.name for file in folder.iterdir()] == ["half"], "it counts as one that was in hand"


@pytest.mark.parametrize("folder", ["none/marks", "file"])
def test_without_a_place_for_marks_mail_is_delivered(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").touch()
    marks = InHand(tmp_path / folder)
    with marks.holding(BAD):
        assert marks.put_off(BAD) is None
