"""Who may read what, as systemd's sysusers and tmpfiles lay it out: real users, real file modes.

Users and directories are made below a folder of the test's own (``--root``); each question is asked by a process that
has become the user, with the groups that its unit gives it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa

from segl.sealed.directory import SealedDirectory, new_id
from segl.sealed.keys import SECRET, Place, Secret, WrongSecret, new_content_key, unwrap, wrap
from segl.sealed.records import SealedMessage, SealedRecipient, record
from segl.sealed.revocation import house_secret
from segl.store.engine import open_store
from segl.tables.base import meta, metadata
from segl.tables.sealed import sealed_recipient
from world.confined import settings_of

pytestmark = pytest.mark.world

MILTER, MAP, DELIVER, PORTAL = "segl-milter", "segl-map", "segl-deliver", "segl-portal"
TUNNEL, CANARY = "segl-tunnel", "segl-canary"
HOLD = "postfix"  # that of segl-hold: Postfix's user may look into its queue
EVERYBODY = (MILTER, MAP, DELIVER, PORTAL, TUNNEL, CANARY, HOLD)
UNITS = {TUNNEL: "segl-tunnel-update", HOLD: "segl-hold"}


@dataclass(frozen=True)
class Machine:
    """A machine's users and directories, below *root*."""

    root: Path
    repository: Path

    def tries(self, user: str, deed: Callable[[], object]) -> bool:
        """Whether *user* succeeds at *deed*, with the group and groups of its unit and its umask."""
        unit = settings_of(self.repository / "systemd" / f"{UNITS.get(user, user)}.service")
        groups = [self._group(name) for name in " ".join(unit.get("SupplementaryGroups", [])).split()]
        child = os.fork()
        if child == 0:
            try:
                os.umask(int(unit["UMask"][0], 8))
                os.setgroups(sorted({*groups, *self._memberships(user)}))
                os.setgid(self._group(unit["Group"][0]))
                os.setuid(self.user(user))
                deed()
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    def _lines(self, file: str) -> list[list[str]]:
        return [line.split(":") for line in (self.root / "etc" / file).read_text("utf-8").splitlines()]

    def user(self, name: str) -> int:
        return next(int(line[2]) for line in self._lines("passwd") if line[0] == name)

    def _group(self, name: str) -> int:
        return next(int(line[2]) for line in self._lines("group") if line[0] == name)

    def _memberships(self, user: str) -> list[int]:
        """systemd gives a service the groups its user is a member of, besides those of the unit."""
        return [int(line[2]) for line in self._lines("group") if user in line[3].split(",")]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[Machine]:
    """Not in pytest's own folder: that is closed to other users again whenever another pytest starts."""
    with TemporaryDirectory(prefix="machine-") as name:
        root = Path(name)
        root.chmod(0o755)
        machine = Machine(root, repository)
        lay_out(machine)
        # Python itself may lie where only root reads: load all now.
        _use_store(tmp_path_factory.mktemp("modules"))
        furnish(machine)
        yield machine


def lay_out(machine: Machine) -> None:
    """Users and directories, as the package makes them."""
    root, repository = machine.root, machine.repository
    (root / "etc").mkdir()
    for file in ("passwd", "group"):  # Debian's postfix is there already
        shutil.copy(f"/etc/{file}", root / "etc" / file)
    systemd = repository / "systemd"
    (root / "etc" / "segl").mkdir()
    (root / "etc" / "segl" / "segl.toml").write_text("[organisation]\n", "utf-8")
    (root / "etc" / "segl" / "receipts.key").write_bytes(b"k" * 32)
    for command in ("systemd-sysusers", "systemd-tmpfiles --create"):
        kind = command.split()[0].removeprefix("systemd-")
        done = subprocess.run(
            [*command.split(), f"--root={root}", str(systemd / f"segl.{kind}")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def furnish(machine: Machine) -> None:
    """Files as the processes themselves make them."""
    root = machine.root
    assert machine.tries(MAP, lambda: _store(root).dispose()), "whoever comes first makes the store"
    assert machine.tries(DELIVER, lambda: _sealed_row(root))
    assert machine.tries(DELIVER, lambda: _sealed(root).write("ab" * 16, new_content_key(), [b"x"]))
    for folder, owner in (("keys", DELIVER), ("rules.d", "root"), ("tunnel.d", "root")):
        file = root / "etc" / "segl" / folder / "one"
        if owner == "root":
            file.write_text("x", "utf-8")
            file.chmod(0o644)
        else:
            assert machine.tries(owner, lambda file=file: file.write_text("x", "utf-8"))  # type: ignore[misc]

    queue = root / "var/spool/postfix/deferred/1"  # as Postfix makes it at its start
    queue.mkdir(parents=True)
    (queue / "1ABC").write_bytes(b"waiting")
    for place, mode in ((queue.parent, 0o700), (queue, 0o700), (queue / "1ABC", 0o700)):
        os.chown(place, machine.user("postfix"), -1)
        place.chmod(mode)


def _open_without_link(root: Path) -> None:
    """Take the store, the file and every 32 bytes that lie there for the half that the recipient has."""
    engine = _store(root)
    with engine.begin() as connection:
        row = connection.execute(sa.select(sealed_recipient)).one()
        found = [
            value if isinstance(value, bytes) else bytes.fromhex(value)
            for table in metadata.sorted_tables
            for each in connection.execute(sa.select(table))
            for value in each
            if isinstance(value, bytes)
            or (isinstance(value, str) and re.fullmatch("(?:[0-9a-f]{2})+", value))
        ]
    engine.dispose()
    server = Secret(row.server_secret)
    place = Place(bytes.fromhex(row.message_id), bytes.fromhex(row.id))
    halves = [half for half in found if len(half) == SECRET]
    assert row.server_secret in halves, "it has looked"
    for half in halves:
        with suppress(WrongSecret):
            unwrap(row.wrapped_key, Secret(half), server, place)
            return
    raise WrongSecret


def _sealed_row(root: Path) -> None:
    """As segl-deliver seals: the link goes out and is kept by nobody."""
    ident, row_id, key, server = new_id(), new_id(), new_content_key(), Secret.new()
    wrapped = wrap(key, Secret.new(), server, Place(bytes.fromhex(ident), bytes.fromhex(row_id)))
    engine = _store(root)
    house_secret(engine)
    message = SealedMessage(ident, "anna@x.example", 1, 1.0, 2e9)
    record(engine, message, [SealedRecipient(row_id, "bo@x.example", server, wrapped)])
    engine.dispose()


def _store(root: Path):  # type: ignore[no-untyped-def]
    return open_store(f"sqlite:///{root}/var/lib/segl/segl.db" if (root / "var").exists() else "sqlite://")


def _sealed(root: Path) -> SealedDirectory:
    return SealedDirectory(root / "var" / "lib" / "segl" / "sealed")


def _use_store(root: Path) -> None:
    engine = _store(root)
    with engine.begin() as connection:
        connection.execute(meta.update().where(meta.c.key == "none").values(value="x"))
    engine.dispose()


DEEDS: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "read the settings": (lambda root: (root / "etc/segl/segl.toml").read_bytes(), set(EVERYBODY)),
    "read and write the store": (_use_store, {MAP, DELIVER, PORTAL, CANARY, HOLD}),
    "read a sealed message": (lambda root: _sealed(root).open("ab" * 16).read(), {DELIVER, PORTAL}),
    "seal": (lambda root: _sealed(root).write(new_id(), new_content_key(), [b"y"]), {DELIVER, PORTAL}),
    "read our own keys": (lambda root: (root / "etc/segl/keys/one").read_bytes(), {DELIVER}),
    "read the key of receipts": (
        lambda root: (root / "etc/segl/receipts.key").read_bytes(),
        {MILTER, DELIVER, CANARY},
    ),
    "read the rules of the house": (lambda root: (root / "etc/segl/rules.d/one").read_bytes(), {MILTER}),
    "read partners' certificates": (
        lambda root: (root / "etc/segl/tunnel.d/one").read_bytes(),
        set(EVERYBODY),
    ),
    "change the settings": (lambda root: (root / "etc/segl/segl.toml").open("ab").close(), set()),
    "read a message in Postfix's queue": (
        lambda root: (root / "var/spool/postfix/deferred/1/1ABC").read_bytes(),
        {HOLD},
    ),
    "open a sealed message without the recipient's link": (_open_without_link, set()),
    "make a socket in /run/segl": (
        lambda root: os.mkfifo(root / f"run/segl/{os.getpid()}"),
        {MILTER, MAP, DELIVER, TUNNEL, HOLD},  # Postfix is of the group; segl-hold's unit sees /run read-only
    ),
    "put a file in place of the settings": (lambda root: (root / "etc/segl/new").write_text("x"), set()),
}


@pytest.mark.parametrize("user", EVERYBODY)
@pytest.mark.parametrize("deed", DEEDS)
def test_each_process_reaches_what_it_needs_and_nothing_else(machine: Machine, user: str, deed: str) -> None:
    action, allowed = DEEDS[deed]
    assert machine.tries(user, lambda: action(machine.root)) is (user in allowed)


OUTSIDE = {"segl-map", "segl-tunnel-update"}  # DNS, mail hosts, web servers, directories
INSIDE = {"segl-milter", "segl-deliver", "segl-portal", "segl-hold", "segl-canary"}


def test_every_service_is_looked_at_here(repository: Path) -> None:
    assert {unit.stem for unit in (repository / "systemd").glob("*.service")} == OUTSIDE | INSIDE


@pytest.mark.parametrize("unit", sorted(INSIDE))
def test_processes_that_have_no_business_outside_reach_nobody_there(repository: Path, unit: str) -> None:
    """Neither out nor in: systemd drops the packets of the unit's control group, both ways. (Only a running systemd
    can do that, so what is tried here is what it is told. What else the unit says is put on the processes wherever
    tests run them: world/confined.py.)"""
    told = settings_of(repository / "systemd" / f"{unit}.service")
    assert told["IPAddressDeny"] == ["any"]
    assert told["IPAddressAllow"] == ["localhost"]
    families = set(" ".join(told["RestrictAddressFamilies"]).split())
    # By the last one Postfix's programs ask the kernel for the host's own addresses, and nobody else is reached.
    assert families <= {"AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"}


def test_who_tells_of_messages_on_hold_writes_to_the_store_alone(repository: Path) -> None:
    told = settings_of(repository / "systemd" / "segl-hold.service")
    assert (told["ProtectSystem"], told["ReadWritePaths"]) == (["strict"], ["-/var/lib/segl"])


@pytest.mark.parametrize("unit", sorted(OUTSIDE | INSIDE))
def test_units_are_as_closed_as_systemd_can_tell(repository: Path, unit: str) -> None:
    command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=15"]
    done = subprocess.run(
        [*command, str(repository / "systemd" / f"{unit}.service")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-200:]
