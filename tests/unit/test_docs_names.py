"""Names in the documents that Segl itself gives out: its metrics, and the ids of the doctor's checks."""

from __future__ import annotations

import re
from pathlib import Path

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
