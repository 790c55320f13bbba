"""Rules of the repository that no other tool checks."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections import Counter
from pathlib import Path

import milter as c_module
import pytest

from bench.run import BENCHES


def tracked(repository: Path) -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=repository, capture_output=True, text=True, check=True)
    return [repository / name for name in listed.stdout.splitlines()]


def test_nothing_of_ours_shadows_pymilters_modules(repository: Path) -> None:
    assert c_module.__file__.endswith(".so")
    names = {file.stem for file in tracked(repository) if file.suffix == ".py"}
    assert not names & {"milter", "Milter", "mime"}
    assert not (repository / "milter" / "__init__.py").exists()


def test_files_stay_small(repository: Path) -> None:
    long = {}
    for file in tracked(repository):
        if file.suffix != ".py" or not file.exists():
            continue
        name = str(file.relative_to(repository))
        allowed = 500 if name.startswith("tests/") else 400
        if (lines := len(file.read_text("utf-8").splitlines())) > allowed:
            long[name] = lines
    assert not long, "split these, or say here why not"


def test_a_comment_breaks_no_line_apart(repository: Path) -> None:
    """What the formatter makes of a comment that is too long for the end of its line: a statement over three lines."""
    apart = re.compile(
        r"^ *(?:[^\n#]*[^\n#\w]\(\n[^\n#(]+  # [^\n]+\n *\)\n|\):?  # (?!fmt: ))", re.MULTILINE
    )
    found = [
        (str(file.relative_to(repository)), place.group())
        for file in tracked(repository)
        if file.suffix == ".py" and file.exists()
        for text in [file.read_text("utf-8")]
        for place in apart.finditer(text)
    ]
    assert not found, "such a comment stands above its line"


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"/(home|root|work)/[a-z]", "a path of somebody's machine"),
        (r"\b(TODO|FIXME|XXX)\b", "left open"),
    ],
)
def test_the_source_speaks_of_the_product_alone(repository: Path, pattern: str, why: str) -> None:
    here = Path(__file__).resolve()
    found = [
        str(file.relative_to(repository))
        for file in tracked(repository)
        if file.suffix in {".py", ".md", ".toml", ".cf"} and file != here and file.exists()
        if re.search(pattern, file.read_text("utf-8", "replace"))
    ]
    assert not found, why


def test_every_decision_page_has_a_number_and_a_decision(repository: Path) -> None:
    pages = sorted((repository / "docs" / "decisions").glob("*.md"))
    assert pages
    numbers = [page.name[:4] for page in pages]
    assert len(set(numbers)) == len(numbers)
    for page in pages:
        assert re.match(r"\d{4}-[a-z0-9-]+\.md", page.name)
        assert re.search("decision|decided", page.read_text("utf-8"), re.IGNORECASE), page.name


def test_links_in_the_documents_lead_somewhere(repository: Path) -> None:
    broken = []
    for page in [repository / "README.md", *(repository / "docs").rglob("*.md")]:
        targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))
        broken += [f"{page.name}: {target}" for target in targets if not (page.parent / target).exists()]
    assert not broken


APART = ("bench_chaos.py", "bench_receipts.py")  # half an hour: make bench-storm


def test_every_benchmark_is_run_and_has_its_row(repository: Path) -> None:
    there = {file.name for file in (repository / "tests/bench").glob("bench_*.py")}
    page = (repository / "docs/benchmarks.md").read_text("utf-8")
    assert sorted([*BENCHES, *APART]) == sorted(there)
    assert there == set(re.findall(r"^\| `python tests/bench/(bench_\w+\.py)`", page, re.MULTILINE))


def test_a_dependency_has_one_range(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    for named in (project["dependencies"], *project["optional-dependencies"].values()):
        names = Counter(re.split(r"[\[<>=~! ]", one)[0].lower() for one in named)
        assert max(names.values()) == 1, names.most_common(1)


def test_tests_that_are_called_slow_or_long_are_there(repository: Path) -> None:
    """Else one that was renamed is tried after each edit, or begun last."""
    conftest = (repository / "tests/conftest.py").read_text("utf-8")
    lists = re.findall(r'^_(\w+) = frozenset\(\s*"""(.*?)"""', conftest, re.DOTALL | re.MULTILINE)
    assert [name for name, _ in lists] == ["SLOW", "LONGEST"]
    there = {file.stem for file in tracked(repository)}
    assert {name for _, names in lists for name in names.split()} - there == set()
