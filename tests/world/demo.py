"""``make demo``: eight real messages through a real Postfix, and a table of what became of each.

Everything runs in a network namespace of its own and in a temporary folder; nothing of the machine's own
Postfix is read or changed. ``--keep DIR`` leaves the artefacts there: logs, configuration, each message as
its recipient's server got it, and each tunnel message opened with the partner's key.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from world import namespace
from world.estate import build_house
from world.house import House
from world.letters import LETTERS, SENDER, Letter
from world.postfix import wait_until
from world.street import Street
from world.trail import Delivery, follow

console = Console(stderr=False, width=None if sys.stdout.isatty() else 150)
progress = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Trip:
    """One recipient's line of the table."""

    recipient: str
    way: str
    why: str
    arrived: str


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--keep", metavar="DIR", type=Path, help="leave the artefacts in this folder")
    keep: Path | None = parser.parse_args().keep
    if os.geteuid() != 0:
        print("demo: root is needed, because Postfix's master runs as root", file=sys.stderr)
        print("hint: sudo make demo (nothing outside a temporary folder is touched)", file=sys.stderr)
        return 2
    try:
        namespace.enter()
    except namespace.NamespaceRefused as error:
        print(f"demo: no network namespace of its own: {error}", file=sys.stderr)
        print("hint: in a container, allow CAP_SYS_ADMIN", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="segl-demo-") as folder:
        directory = Path(folder)
        directory.chmod(0o755)
        try:
            return run(directory, keep)
        except Exception:
            logs = directory / "house"
            for file in sorted(logs.rglob("*.log")):
                print(
                    f"── {file.name}",
                    *file.read_text("utf-8", "replace").splitlines()[-15:],
                    sep="\n",
                    file=sys.stderr,
                )
            raise


def run(directory: Path, keep: Path | None) -> int:
    begun = time.monotonic()
    with (
        progress.status("starting DNS and the neighbours' mail servers") as status,
        Street(directory) as street,
    ):
        house = build_house(street, directory / "house", model=True)
        try:
            status.update("starting Segl and two Postfix instances")
            house.start()
            queue_ids = []
            for number, one in enumerate(LETTERS, 1):
                status.update(f"sending {number} of {len(LETTERS)}: {one.title}")
                queue_ids.append(submit(house, one))
            status.update("waiting until every recipient is served")
            table = Table(show_lines=True, title="What went which way", title_justify="left")
            for column in ("message", "verdict", "recipient", "way, and why", "what arrived"):
                table.add_column(column, overflow="fold")
            complete = True
            for one, queue_id in zip(LETTERS, queue_ids, strict=True):
                complete &= add_rows(table, house, street, one, queue_id, keep)
        finally:
            status.update("cleaning up")
            house.stop()
            if keep:
                keep_artefacts(house, keep)
    console.print(table)
    where = f"; artefacts in {keep}" if keep else ""
    console.print(f"{len(LETTERS)} messages in {time.monotonic() - begun:.1f} s{where}")
    return 0 if complete else 1


def submit(house: House, one: Letter) -> str:
    """Hand *one* in; the front's queue id."""
    with house.session() as smtp:
        smtp.ehlo_or_helo_if_needed()
        smtp.mail(SENDER, ["BODY=8BITMIME"])
        for recipient in one.recipients:
            smtp.rcpt(recipient)
        code, answer = smtp.data(one.content)
    match = re.search(rb"queued as (\w+)", answer)
    if code != 250 or not match:
        raise RuntimeError(f"the front said {code} {answer!r} to “{one.title}”")
    return match[1].decode()


def add_rows(
    table: Table, house: House, street: Street, one: Letter, queue_id: str, keep: Path | None
) -> bool:
    """The rows of one message; whether every recipient was served."""

    def done() -> bool:
        found = follow(house.log, queue_id)
        return all(r in found and found[r].status in ("sent", "bounced") for r in one.recipients)

    with contextlib.suppress(AssertionError):  # the table then shows what is still waiting, and why
        wait_until(done, 30, lambda: one.title)
    events = house.milter.events
    verdict = next((e for e in events if e["event"] == "classified" and e["queue_id"] == queue_id), {})
    decision = str(verdict.get("decision", "none"))
    why = ", ".join(verdict.get("reasons", ())) or "nothing found"
    found = follow(house.log, queue_id)
    served = True
    for index, recipient in enumerate(one.recipients):
        delivery = found.get(recipient)
        served &= delivery is not None and delivery.sent
        trip = trip_of(house, street, recipient, decision, delivery, keep)
        first = index == 0
        table.add_row(
            one.title if first else "",
            Text(f"{decision}\n{why}", "green" if decision == "plain" else "yellow") if first else "",
            trip.recipient,
            Text.assemble((trip.way, "bold"), f"\n{trip.why}"),
            trip.arrived,
        )
    return served


def trip_of(
    house: House,
    street: Street,
    recipient: str,
    decision: str,
    delivery: Delivery | None,
    keep: Path | None,
) -> Trip:
    if decision == "plain":
        way, why = "plain", "as without Segl"
    else:
        routes = [e for e in house.map.events if e["event"] == "routed" and e["recipient"] == recipient]
        way, why = (str(routes[-1]["way"]), str(routes[-1]["reason"])) if routes else ("?", "not asked for")
    if delivery is None or not delivery.sent:
        return Trip(recipient, way, why, f"waiting: {delivery.reply}" if delivery else "not seen yet")
    return Trip(recipient, way, why, arrival(street, recipient, way, delivery, keep))


def arrival(street: Street, recipient: str, way: str, delivery: Delivery, keep: Path | None) -> str:
    """What the recipient's own server says it got, joined with our side's last word."""
    if way == "portal":
        return f"{delivery.reply.removeprefix('250 2.0.0 ')}\nnotice mail with a link, no content"
    if way == "tunnel":
        opened = open_with_partners_key(street, recipient, keep)
        return f"{delivery.reply.removeprefix('250 2.0.0 ')}\n{opened}"
    mails = street.mail_for(recipient)
    tls = f"{mails[-1].tls.version} {mails[-1].tls.cipher}" if mails and mails[-1].tls else "no TLS"
    level = f", {delivery.tls.split()[0]} certificate" if delivery.tls else ""
    return f"{tls}{level}" if way != "internal" else "own mail store, inside the house"


def open_with_partners_key(street: Street, recipient: str, keep: Path | None) -> str:
    """Open the newest CMS message with ``openssl cms`` and the partner's key, as the partner would."""
    deadline = time.monotonic() + 10
    while not street.mail_for(recipient) and time.monotonic() < deadline:
        time.sleep(0.1)
    mails = street.mail_for(recipient)
    if not mails:
        return "not at the partner's server yet"
    command = ["openssl", "cms", "-decrypt", "-inkey", str(street.partner.certificate.key)]
    done = subprocess.run(command, input=mails[-1].content, capture_output=True, timeout=20)
    if keep and done.returncode == 0:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / "tunnel-opened.eml").write_bytes(done.stdout)
    return "opened with the partner's key" if done.returncode == 0 else "could NOT be opened by the partner"


def keep_artefacts(house: House, keep: Path) -> None:
    keep.mkdir(parents=True, exist_ok=True)
    for file in house.directory.rglob("*"):
        if file.is_file() and (file.suffix in (".log", ".toml", ".cf") or file.name.startswith("segl-")):
            target = keep / file.relative_to(house.directory)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
    for sealed in (house.state / "sealed").rglob("*"):
        if sealed.is_file():
            target = keep / "sealed" / sealed.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(sealed, target)


if __name__ == "__main__":
    sys.exit(main())
