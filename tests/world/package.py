"""A Debian package with Segl's real maintainer scripts, units, users and folders, and none of its programs.

What ``make deb`` needs minutes for is the virtual environment, and an upgrade does not hang on it. So this one is built
by debhelper from the same ``packaging/debian``, by the same rules, with scripts in place of the programs. It is
installed by dpkg below a folder of the test's own; the maintainer scripts run outside a chroot and are told of the
folder (``--force-script-chrootless``, ``DPKG_ROOT``), as debhelper's snippets foresee. What they leave to a running
systemd (start, restart) does not happen there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

NAME = "segl"


def build(repository: Path, folder: Path, version: str) -> Path:
    """The package of *version*, in *folder*."""
    source = folder / f"{NAME}-{version}"
    debian = source / "debian"
    shutil.copytree(repository / "packaging" / "debian", debian)
    for unit in (repository / "systemd").glob("segl-*.*"):
        shutil.copy(unit, debian / f"{NAME}.{unit.name}")
    for kind in ("sysusers", "tmpfiles"):
        shutil.copy(repository / "systemd" / f"{NAME}.{kind}", debian / f"{NAME}.{kind}")
    (debian / "changelog").write_text(
        f"{NAME} ({version}) trixie; urgency=medium\n\n  * x\n\n"
        " -- The Segl developers <postmaster@localhost>  Fri, 27 Nov 2026 09:00:00 +0000\n",
        "utf-8",
    )
    for listing in (f"{NAME}.docs", f"{NAME}.examples"):
        (debian / listing).unlink()  # documents of the whole source tree
    programs = debian / NAME / "usr/lib/segl/bin"
    programs.mkdir(parents=True)
    for link in (debian / f"{NAME}.links").read_text("utf-8").split()[::2]:
        (programs / Path(link).name).write_text(f"#!/bin/sh\necho {version}\n", "utf-8")
        (programs / Path(link).name).chmod(0o755)
    overrides = [f"override_dh_installsys{what}" for what in ("users", "temd")]
    _run(source, "make", "-f", "debian/rules", *overrides, "override_dh_installtmpfiles")
    for step in ("dh_link", "dh_installdeb", "dh_gencontrol", "dh_md5sums"):
        _run(source, step)
    _run(source, "dh_builddeb", "--", "-Znone")
    return next(folder.glob(f"{NAME}_{version}_*.deb"))


def _run(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


class Root:
    """A machine's file system below a folder: users and groups of its own, and dpkg's memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "etc", "tmp", "run", "var/spool"):
            (folder / name).mkdir(parents=True)
        (folder / "var/lib/dpkg/status").touch()
        for file in ("passwd", "group"):  # Debian's postfix is there already
            shutil.copy(f"/etc/{file}", folder / "etc" / file)

    def __truediv__(self, path: str) -> Path:
        return self.folder / path

    def dpkg(self, *words: str) -> str:
        options = ("--force-script-chrootless", "--force-depends", "--force-confold", "--no-triggers")
        command = ["dpkg", f"--root={self.folder}", *options, *words]
        path = "/usr/sbin:/usr/bin:/sbin:/bin"
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={"PATH": path, "LC_ALL": "C"}
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def state(self, *paths: str) -> dict[str, tuple[int, int, int, bytes]]:
        """Mode, owner, group and content of all below *paths*."""
        found = {}
        for name in paths:
            top = self.folder / name
            for file in (top, *sorted(top.rglob("*"))):
                about = file.lstat()
                content = file.read_bytes() if file.is_file() else b""
                found[str(file.relative_to(self.folder))] = (
                    about.st_mode,
                    about.st_uid,
                    about.st_gid,
                    content,
                )
        return found

    def id_of(self, name: str, kind: str = "group") -> int:
        lines = (self.folder / "etc" / kind).read_text("utf-8").splitlines()
        return next(int(line.split(":")[2]) for line in lines if line.startswith(f"{name}:"))

    def put(self, path: str, content: bytes, *, mode: int, user: str = "", group: str = "") -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(mode)
        os.chown(file, self.id_of(user, "passwd") if user else 0, self.id_of(group) if group else 0)
