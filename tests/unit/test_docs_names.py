"""Names in the documents: of metrics and of the doctor's checks, which Segl gives out, and of our own files."""

from __future__ import annotations

import fnmatch
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from segl import metrics

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = sorted((REPOSITORY / "docs").rglob("*.md"))
OPERATIONS = REPOSITORY / "docs" / "operations.md"
PROCESSES = ("segl-milter", "segl-map", "segl-deliver", "segl-portal")
_IMPORTS = {f"segl_{name}" for name in ("milter", "classifier", "routing", "delivery", "portal", "training")}
_CHECK = re.compile(r'(?:\bCheck|\bjudge)\(\s*"([a-z0-9.-]+)"|\bid_(?:, \w+)*\s*=\s*"([a-z0-9.-]+)"')


def inline(page: Path) -> list[str]:
    return re.findall(r"`([^`\n]+)`", page.read_text("utf-8"))


def checks() -> set[str]:
    """The ids that stand in the code as words; some more are put together."""
    sources = (file.read_text("utf-8") for file in (REPOSITORY / "core" / "segl").rglob("*.py"))
    return {one or other for source in sources for one, other in _CHECK.findall(source)}


def test_metrics_that_are_named_are_given_out_under_that_name() -> None:
    families = [family for name in PROCESSES for family in metrics.registry_of(name).collect()]
    given = {family.name + "_total" * (family.type == "counter") for family in families}
    found = {
        (page.name, named[0])
        for page in PAGES
        for text in inline(page)
        if (named := re.match(r"segl_[a-z_]+(?=$|\{)", text)) and named[0] not in _IMPORTS
    }
    assert len(found) > 20
    assert [(page, name) for page, name in sorted(found) if name not in given] == []


def test_every_check_of_the_doctor_stands_in_its_table() -> None:
    assert len(checks()) > 60
    table = {
        name
        for line in OPERATIONS.read_text("utf-8").splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([^`]+)`", line.split(" | ")[0])
    }
    assert checks() - table == set()


def test_groups_of_checks_that_are_named_are_there() -> None:
    groups = {check.partition(".")[0] for check in checks()}
    named = {text.removesuffix(".*") for text in inline(OPERATIONS) if re.fullmatch(r"[a-z]+\.\*", text)}
    assert named - groups == set()


# Where a path of the repository begins that a document writes; others begin at a folder inside, such as `formats/`.
_TOP = "classifier core docs milter monitoring packaging portal postfix scripts systemd tests".split()
_KINDS = {".py", ".md"}  # any such name is a file's of ours; one of another kind may be a file on a host
_PATH = re.compile(r"(?!/)[\w.*/-]+")


def alternatives(text: str) -> Iterator[str]:
    """``a{b,c}d`` is ``abd`` and ``acd``, as a shell has it."""
    before, brace, rest = text.partition("{")
    if not brace:
        yield text
        return
    among, _, after = rest.partition("}")
    for one in among.split(","):
        yield from alternatives(before + one + after)


def paths(page: Path) -> Iterator[str]:
    """What *page* has between backticks and looks like a file or folder of the repository."""
    for text in inline(page):
        for name in alternatives(text.partition("::")[0]):
            top, slash, _ = name.partition("/")
            ours = top in _TOP or top in _IMPORTS | {"segl"}
            if _PATH.fullmatch(name) and (Path(name).suffix in _KINDS or (slash and ours)):
                yield name.rstrip("/")


def test_files_that_are_named_are_there() -> None:
    """However much of the path is written: `formats/image.py` is enough, where the text says which."""
    listed = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    files = listed.stdout.splitlines()
    there = {f"/{part}" for file in files for part in (file, *map(str, Path(file).parents))}
    found = {(page.name, name) for page in [REPOSITORY / "README.md", *PAGES] for name in paths(page)}
    assert len(found) > 300
    ends = {place[at:] for place in there for at in range(len(place)) if place[at] == "/"}
    lost = [
        (page, name)
        for page, name in sorted(found)
        if f"/{name}" not in ends and not ("*" in name and fnmatch.filter(ends, f"/{name}"))
    ]
    assert lost == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a.py", ["a.py"]),
        ("x/{a,b}_c.py", ["x/a_c.py", "x/b_c.py"]),
        ("test_{a,b}_{c,d}.py", ["test_a_c.py", "test_a_d.py", "test_b_c.py", "test_b_d.py"]),
    ],
)
def test_a_name_with_braces_is_several(text: str, named: list[str]) -> None:
    assert list(alternatives(text)) == named
