"""``make demo``, as a visitor runs it. It puts itself into a namespace of its own.

It is run once, where least is given: without the programs that only tests need, and by a root whose shell is strict.
What it promises is asked of that run: what the table tells, the progress meanwhile, the artefacts, and that nothing
stays.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from segl.vocabulary import Decision, Way
from world.letters import CPR, LETTERS, Expected
from world.package_groups import package_groups, programs_of
from world.terminal import executed, told_on_terminal

pytestmark = pytest.mark.world

_TLS = r"TLSv1\.[23][A-Z0-9_-]+"
# What the last column tells of each way, blanks left out: the table breaks lines wherever a column ends.
ARRIVED = {
    Way.PLAIN: rf"{_TLS},Trustedcertificate",
    Way.TLS: rf"{_TLS},Verifiedcertificate",
    Way.TUNNEL: r"tunnel:encryptedtosha256=[0-9a-f]{16}aes-256-\w+,queuedas\w+openedwiththepartner'skey",
    Way.PORTAL: r"portal:sealedas(?P<sealed>[0-9a-f]{32})noticemailwithalink,nocontent",
    Way.INTERNAL: "ownmailstore,insidethehouse",
}


@dataclass(frozen=True)
class Visit:
    """What one run left behind. ``shown`` is what the terminal was told meanwhile, ``etc`` how our host's mail
    configuration stood before."""

    code: int
    table: str
    shown: str
    kept: Path
    etc: dict[str, tuple[int, int]]

    @property
    def rows(self) -> list[list[str]]:
        """The cells of each row, without blanks."""
        found, row = [], list[str]()
        for line in self.table.splitlines():
            if line.startswith(("│", "┃")):
                cells = ["".join(cell.split()) for cell in re.split("[│┃]", line)[1:-1]]
                row = [before + cell for before, cell in zip(row, cells, strict=True)] if row else cells
            elif row:
                found.append(row)
                row = []
        return found


@pytest.fixture(scope="module")
def visit(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    place = tmp_path_factory.mktemp("visit")
    etc = mail_configuration()
    (place / "closed").mkdir(mode=0o700)
    command = [
        *without(programs_of(package_groups(repository / "scripts" / "setup")["tests"])),
        # a root who came by su(1) has an ordinary user's PATH
        *(
            "env",
            "-C",
            str(repository),
            "PYTHONPATH=tests",
            "PATH=/usr/bin:/bin",
            f"TMPDIR={place / 'closed'}",
        ),
        *(
            "sh",
            "-c",
            'umask 077; exec "$@"',
            "sh",
            sys.executable,
            "-m",
            "world.demo",
            "--keep",
            str(place / "kept"),
        ),
    ]
    code, shown = told_on_terminal(executed(command, 180), place / "table")
    return Visit(code, (place / "table").read_text("utf-8"), shown, place / "kept", etc)


def without(programs: list[Path]) -> list[str]:
    """What to put before a command that shall find none of *programs*."""
    hide = 'while [ "$1" != -- ]; do mount --bind /dev/null "$1"; shift; done; shift; exec "$@"'
    return ["unshare", "--mount", "sh", "-ec", hide, "sh", *map(str, programs), "--"]


def mail_configuration() -> dict[str, tuple[int, int]]:
    """Of each file and folder its inode and when that changed last, be it content, owner or mode."""
    places = [Path("/etc/aliases"), *(Path("/etc").glob("*segl*")), *(Path("/etc").glob("postfix*"))]
    all_of_it = [inner for place in places for inner in (place, *place.rglob("*"))]
    return {
        str(file): (stat.st_ino, stat.st_ctime_ns)
        for file in all_of_it
        if os.path.lexists(file) and (stat := file.lstat())
    }


def blankless(text: str) -> str:
    return "".join(text.split())


def expected_rows() -> Iterator[tuple[Expected, str, str, Way]]:
    """Each row that the table must have: the letter, its title if it is that letter's first, recipient and way."""
    for one in LETTERS:
        for number, (recipient, way) in enumerate(zip(one.letter.recipients, one.ways, strict=True)):
            yield one, "" if number else one.letter.title, recipient, way


def test_the_demo_shows_that_each_message_went_as_it_should(visit: Visit) -> None:
    assert visit.code == 0, visit.table + visit.shown
    assert "What went which way" in visit.table
    assert f"{len(LETTERS)} messages in" in visit.table
    assert "NOT" not in visit.table


def test_the_table_tells_verdict_and_way_with_reasons_and_what_arrived_how(visit: Visit) -> None:
    head, *rows = visit.rows
    assert head == ["message", "verdict", "recipient", "way,andwhy", "whatarrived"]
    for row, (letter, title, recipient, way) in zip(rows, expected_rows(), strict=True):
        message, verdict, who, route, arrived = row
        assert (message, who) == (blankless(title), recipient)
        assert re.fullmatch(rf"{letter.verdict}.{{3,}}" if title else "", verdict), row
        assert re.fullmatch(rf"{way}.{{6,}}", route), row
        assert re.fullmatch(ARRIVED[way], arrived), row
    reasons = {row[1].removeprefix(Decision.SECURE) for row in rows}
    assert {"cpr", "nothingfound"} <= {reason.removeprefix(Decision.PLAIN) for reason in reasons}
    assert CPR not in visit.table


def test_the_demo_shows_how_far_it_is(visit: Visit) -> None:
    for step in ("starting Segl and two Postfix instances", "waiting until every recipient is served"):
        assert step in visit.shown
        assert step not in visit.table


def test_the_artefacts_are_left_where_they_were_asked_for(visit: Visit) -> None:
    kept = visit.kept
    assert str(kept) in visit.table.replace("\n", "")
    assert b"application/pkcs7-mime" in (kept / "received" / "kommune.example-1.eml").read_bytes()
    assert CPR.encode() in (kept / "tunnel-opened.eml").read_bytes()
    for name in ("segl.toml", "front/etc/main.cf", "secure/etc/master.cf"):
        assert (kept / name).stat().st_size > 0
    for name in ("segl-milter.log", "segl-map.log", "segl-deliver.log", "front/mail.log", "secure/mail.log"):
        log = (kept / name).read_text("utf-8")
        assert log
        assert CPR not in log
    sealed = {found["sealed"] for row in visit.rows if (found := re.search(ARRIVED[Way.PORTAL], row[4]))}
    files = {file.name: file.read_bytes() for file in (kept / "sealed").iterdir()}
    assert sealed
    assert {f"{one}.sealed" for one in sealed} <= files.keys()
    assert not any(CPR.encode() in content for content in files.values())


def test_nothing_else_stays(visit: Visit) -> None:
    """Neither the folder it worked in, nor a process of its; the host's own mail configuration is as it was."""
    configured = (visit.kept / "front/etc/main.cf").read_text("utf-8")
    folder = re.search(r"/[^\s:]*/segl-demo-\w+", configured)
    assert folder
    assert not Path(folder[0]).exists()
    assert [told for told in processes() if folder[0] in told] == []
    assert mail_configuration() == visit.etc


def processes() -> Iterator[str]:
    """What each process was started as, and where it is."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            started = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            yield f"{process.name} {started} in {(process / 'cwd').readlink()}"
        except OSError:
            continue  # it has ended meanwhile
