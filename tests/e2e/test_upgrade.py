"""An upgrade keeps queue, store, settings and keys: dpkg with our maintainer scripts, then the programs of the package.

Real here: dpkg, the package's own postinst, prerm and postrm, sysusers, tmpfiles, file modes and owners, the programs,
and stores that earlier versions wrote. Left out: systemd itself, which restarts the daemons (the scripts see that none
runs), and the Python packages that Segl stands on (``make deb-test`` has those).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from segl import audit
from segl.store.engine import open_store
from segl.store.status import SCHEMA_VERSION, look_at_store
from segl.tables.sealed import sealed_recipient
from world.old_stores import SCHEMAS, STORES, old_store
from world.package import Root, build

pytestmark = pytest.mark.world

# As a house had it when the first store was written, comments and all.
SETTINGS = """\
[organisation]
name = "Nordby Vandværk"          # mine
domains = ["nordby.example"]

[detection]
mode = "detect"

[milter]
socket = "/var/spool/postfix/segl/milter.sock"

[portal]
url = "https://sikker.nordby.example"
sealed = "{root}/var/lib/segl/sealed"

[store]
url = "sqlite:///{root}/var/lib/segl/segl.db"

[[domain]]
name = "kommune.example"
way = "tls"
"""
PROCESSES = {"segl-milter", "segl-map", "segl-deliver", "segl-portal", "segl-tunnel", "segl-canary"}


@pytest.fixture(scope="module")
def packages(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("packages")
    return build(repository, folder, "1.0", only="segl"), build(repository, folder, "1.1")


def test_an_upgrade_keeps_queue_store_settings_keys_and_what_is_turned_off(
    packages: tuple[Path, Path], tmp_path: Path
) -> None:
    before, after = packages
    root = Root(tmp_path / "root")
    root.dpkg("--install", str(before))
    assert root.segl("--version").split()[-1] == "1.0"
    users = {line.partition(":")[0] for line in (root / "etc/passwd").read_text("utf-8").splitlines()}
    assert users >= PROCESSES

    settings = SETTINGS.format(root=root.folder).encode()
    root.put("etc/segl/segl.toml", settings, mode=0o640, group="segl-settings")
    root.put("etc/segl/receipts.key", b"k" * 32, mode=0o640, group="segl-receipts")
    root.put("etc/segl/keys/own.key.pem", b"key", mode=0o600, user="segl-deliver", group="segl-deliver")
    root.put("etc/segl/rules.d/house.toml", b"rule", mode=0o640, group="segl-rules")
    root.put("etc/segl/tunnel.d/kommune.example.pem", b"pem", mode=0o644)
    root.put("var/lib/segl/sealed/ab/cdef", b"sealed", mode=0o660, user="segl-deliver", group="segl-sealed")
    root.put(
        "var/lib/segl/segl.db",
        (STORES / "schema-1.db").read_bytes(),
        mode=0o660,
        user="segl-map",
        group="segl-store",
    )
    root.put("var/spool/postfix-segl/deferred/1/1ABC", b"waiting", mode=0o700)
    root.put("etc/postfix-segl/main.cf", b"multi_instance_name = postfix-segl\n", mode=0o644)
    kept = ("etc/segl", "var/lib/segl", "var/spool/postfix-segl", "etc/postfix-segl")
    as_it_was = root.state(*kept)
    ids = {name: root.id_of(name, "passwd") for name in PROCESSES}
    timers = root / "etc/systemd/system/timers.target.wants"
    assert {link.name for link in timers.iterdir()} >= {"segl-canary.timer", "segl-hold.timer"}
    (timers / "segl-canary.timer").unlink()  # as the postmaster does

    root.dpkg("--install", str(before))  # once more, as after a broken-off run
    assert root.state(*kept) == as_it_was

    root.dpkg("--install", str(after))
    assert root.segl("--version").split()[-1] == "1.1"
    assert root.state(*kept) == as_it_was
    assert {name: root.id_of(name, "passwd") for name in PROCESSES} == ids, "files keep their owners"
    assert not (timers / "segl-canary.timer").is_symlink()
    assert (timers / "segl-hold.timer").is_symlink()
    start_with_what_was_kept(root)

    as_it_was = root.state(*kept)
    root.put("etc/postfix/main.cf", b"content_filter = segl-secure:[127.0.0.1]:10026\n", mode=0o644)
    with pytest.raises(AssertionError, match="segl install --undo"):
        root.dpkg("--remove", "segl")
    assert root.segl("--version").split()[-1] == "1.1", "a Postfix that sends through it keeps it"
    (root / "etc/postfix/main.cf").unlink()
    root.dpkg("--remove", "segl")
    assert not (root / "usr/lib/segl").exists()
    assert root.state(*kept) == as_it_was, "taken off, it leaves what is the organisation's"


def start_with_what_was_kept(root: Root) -> None:
    """What the daemons do when systemd starts them anew: the settings are taken, the store is brought up to date."""
    file = str(root / "etc/segl/segl.toml")
    assert look_at_store(f"sqlite:///{root / 'var/lib/segl/segl.db'}").schema == "1"
    assert "in order" in root.segl("settings", "check", file)
    root.segl("--check-only", "--settings", file, program="segl-deliver")
    assert look_at_store(f"sqlite:///{root / 'var/lib/segl/segl.db'}").schema == str(SCHEMA_VERSION)
    assert "bo@x.example" in root.segl("sealed", "list", "--json", "--settings", file)
    root.segl("audit", "verify", "--settings", file)
    assert (root / "etc/segl/segl.toml").read_text("utf-8") == SETTINGS.format(root=root.folder)
    for program in ("segl-milter", "segl-map", "segl-portal"):
        assert "--settings" in root.segl("--help", program=program)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_store_of_every_earlier_version_is_brought_up_to_date(schema: int, tmp_path: Path) -> None:
    file = old_store(schema, tmp_path)
    shutil.copy(file, tmp_path / "before.db")
    engine = open_store(f"sqlite:///{file}")
    with engine.connect() as connection:
        row = connection.execute(sa.select(sealed_recipient)).one()
        assert (row.recipient, row.server_secret, row.wrapped_key) == (
            "bo@x.example",
            b"s" * 32,
            b"w" * 60,
        )
    found = audit.verify(engine)
    assert found.broken is None
    assert found.entries == (2 if schema >= 3 else 0)
    engine.dispose()
    assert look_at_store(f"sqlite:///{file}").schema == str(SCHEMA_VERSION)
    open_store(f"sqlite:///{file}").dispose()  # and the next start finds nothing to do


def test_there_is_a_store_of_every_schema_up_to_now() -> None:
    """Whoever raises SCHEMA_VERSION writes one of the version before: world/old_stores.py."""
    assert set(range(1, SCHEMA_VERSION)) <= set(SCHEMAS)
