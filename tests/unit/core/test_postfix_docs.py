"""docs/operations.md names every check of the doctor, and no other."""

from __future__ import annotations

import re
from pathlib import Path

GROUPS = (
    "settings|front|secure|install|instances|run|socket|port|portal|certificates|tunnel|keys|store|storage|nodes|host"
    "|receipts|canary"
)
# what a group is called when it could not be finished, and ids put together from the two instances' names
GENERATED = {f"{name}.{what}" for name in ("front", "secure") for what in ("config", "warnings")} | {
    "run.front",
    "run.secure",
    "canary.own",  # by the sinks' names
}
IDS = re.compile(rf'"((?:{GROUPS})\.[a-z-]+)"')


def ids_in_code(repository: Path) -> set[str]:
    core = repository / "core/segl"
    files = [
        *(core / "postfix").glob("check_*.py"),
        *(core / "cli").glob("doctor*.py"),
        core / "postfix/doctor.py",
    ]
    text = "".join(file.read_text("utf-8") for file in files)
    found = set(IDS.findall(text)) - {"front.main.cf", "front.tables"}
    return found | GENERATED | {"model", "rules", "settings", "store", "storage", "nodes"}


def test_every_check_is_documented(repository: Path) -> None:
    manual = (repository / "docs/operations.md").read_text("utf-8")
    table = manual.partition("| id | in order when |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.count("|") >= 3]
    documented = {name for cell in cells for name in re.findall(r"`([a-z.-]+)`", cell)}
    assert documented == ids_in_code(repository)
