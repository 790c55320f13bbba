"""docs/operations.md names every check of the doctor, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from segl.settings.canary import WAY_SINKS, name_of_way

# Ids that are put together from names: of the two instances, of the canaries' sinks.
GENERATED = {f"{name}.{what}" for name in ("front", "secure") for what in ("config", "warnings")} | {
    "run.front",
    "run.secure",
    "canary.own",
    *(f"canary.{name_of_way(way)}" for way in WAY_SINKS),
}
NO_CHECKS = {"front.main.cf", "front.tables", "front.main"}
CALLED = re.compile(r'(?:Check|judge)\(\s*"([a-z]+(?:\.[a-z-]+)?)"')


def ids_in_code(repository: Path, groups: set[str]) -> set[str]:
    """What a check is called with, and every text that looks like an id of a group in the manual."""
    core = repository / "core/segl"
    files = [*(core / "postfix").glob("*.py"), *(core / "cli").glob("doctor*.py")]
    text = "".join(file.read_text("utf-8") for file in files)
    of_groups = re.findall(rf'"((?:{"|".join(groups)})(?:\.[a-z-]+)?)"', text)
    return ({*of_groups, *CALLED.findall(text)} | GENERATED) - NO_CHECKS


def test_every_check_is_documented(repository: Path) -> None:
    manual = (repository / "docs/operations.md").read_text("utf-8")
    table = manual.partition("| id | in order when |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.count("|") >= 3]
    documented = {name for cell in cells for name in re.findall(r"`([a-z.-]+)`", cell)}
    groups = {name.partition(".")[0] for name in documented}
    found = ids_in_code(repository, groups)
    assert documented - found == set()
    assert {name for name in found if "." in name} - documented == set()
