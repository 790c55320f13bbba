"""What docs/install.md says to save is enough, and what it says to do brings it back: its own commands, in a folder
that stands for the machine's root."""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from segl import audit
from world.portal_site import PortalSite

# Not of this host: its users and units.
_LEFT_OUT = re.compile(r"^(systemctl|systemd-tmpfiles|segl) .*$", re.MULTILINE)


def commands(repository: Path, name: str, root: Path) -> str:
    """The block after the mark *name*, for a machine whose root is *root*."""
    page = (repository / "docs" / "install.md").read_text("utf-8")
    found = re.search(rf"<!-- {name} -->\n```sh\n(.*?)```", page, re.DOTALL)
    assert found is not None
    text = re.sub(r"(?<=\s)/(?=(var|etc)/)", f"{root}/", found[1])
    text = text.replace("tar -C /", f"tar -C {root}").replace("-g segl-store", "-g root")
    assert not re.search(rf"\s/(?!{re.escape(str(root)[1:])})", text), "it would touch this host"
    return _LEFT_OUT.sub("", text)


def run(text: str) -> None:
    done = subprocess.run(["bash", "-euc", text], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_message_can_be_read_after_a_restore(repository: Path, tmp_path: Path) -> None:
    root = tmp_path / "r"
    home = root / "var/lib/segl"
    for folder in ("etc/segl", "etc/postfix", "etc/postfix-segl", "var/lib/segl-tunnel", "var/backups/segl"):
        (root / folder).mkdir(parents=True)
    (root / "etc/segl/receipts.key").write_text("key")
    (root / "etc/segl/resend.key").write_text("spare")
    (root / "etc/segl/keys").mkdir()
    (root / "etc/segl/keys/x.dk.key.pem").write_text("own key")
    home.mkdir()
    with PortalSite(home) as site:
        letter = site.seal(content=b"Subject: Brev\r\n\r\nHej Bo\r\n")
        revoked = site.seal("carl@vestby.example")
        run(commands(repository, "backup", root))  # while it runs
        later = site.seal("efter@vestby.example")
        site.revoke(revoked)

    kept = {name: root / "var/backups" / name for name in ("segl-data", "segl-keys")}
    for place in kept.values():
        assert {file.stat().st_mode & 0o077 for file in place.iterdir()} == {0}, "nobody else may read it"
    with tarfile.open(kept["segl-data"] / "files.tar") as files:
        names = set(files.getnames())
    assert "etc/segl/receipts.key" in names
    assert not {name for name in names if "etc/segl/keys" in name or "resend" in name}, "apart from the store"
    saved = tmp_path / "saved"
    saved.mkdir()
    for name, place in kept.items():
        shutil.move(place, saved / name)
    shutil.rmtree(root)

    home.mkdir(parents=True)
    (root / "var/backups").mkdir(parents=True)
    for name, place in kept.items():
        shutil.move(saved / name, place)
    run(commands(repository, "restore", root))
    assert (root / "etc/segl/receipts.key").read_text() == "key"
    assert (root / "etc/segl/keys/x.dk.key.pem").read_text() == "own key"
    with PortalSite(home) as site:
        site.open(letter)
        site.open(revoked)  # what the page warns of: revoke it anew
        assert audit.verify(site.engine).broken is None
        assert not [file for file in (home / "sealed").rglob("*") if later.message_id in file.name]
