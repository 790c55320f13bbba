"""What `segl install` would change, worked out without changing anything.

A :class:`Plan` holds the new text of every file. Before it is offered it is tried: the new files are laid out
in a temporary directory and the checks of `segl doctor` run on them, so that an override in master.cf or a
FILTER in a table that would let mail past Segl is refused here and not found later.
"""

from __future__ import annotations

import grp
import os
import pwd
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from segl.errors import PostfixError
from segl.postfix import edit
from segl.postfix.carried import carried_over, outgoing
from segl.postfix.check import Check, Setup, State, same_path
from segl.postfix.check_demands import demand_checks
from segl.postfix.check_front import front_checks
from segl.postfix.check_instances import default_directory
from segl.postfix.check_leaving import leaving_checks
from segl.postfix.check_secure import secure_checks
from segl.postfix.check_tables import table_checks
from segl.postfix.conf import (
    OWN,
    REPORT_OPTIONS,
    REPORTERS,
    Site,
    canary_map,
    is_canary_map,
    render,
    render_front_master,
    render_own,
    render_secure_master,
    render_strip,
    render_verdict,
)
from segl.postfix.gateway import gateway_refusals, gateway_values, upstream_entries
from segl.postfix.house_names import house_names
from segl.postfix.house_tables import house_tables
from segl.postfix.refusals import OURS, Refusal, first_refusals, milter_path, read_text
from segl.postfix.running import Instance, read_instance, split_list, written_values
from segl.settings.document import Settings

WRITTEN = f"{OURS}, which writes it anew down to the last comment. See docs/operations.md."
KEEP = "# Lines below this one are yours: segl install keeps them, segl doctor judges them."
# What `postfix upgrade-configuration` put there before these stood among ours; nobody's own.
_POSTFIX_ADDS = frozenset({"relay/unix", "discard/unix"})

_TEXT = ("utf-8", "surrogateescape")
# Warnings of the doctor that make an installation useless rather than unsafe: refused all the same.
_ALSO_REFUSED = frozenset({"front.service-milter"})
# Nothing that install writes makes it so, nor undoes it (a domain may be there before Postfix takes it): told, not
# refused.
_ONLY_TOLD = frozenset({"front.own-domains", "front.forwards"})


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file and its new content; ``before`` is ``None`` when it is new. Owner and mode are kept."""

    path: Path
    before: bytes | None
    after: bytes


@dataclass(frozen=True, slots=True)
class NewDirectory:
    path: Path
    mode: int
    owner: str
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``changes`` in the order in which they must be written: front's main.cf, which sets all going, last."""

    site: Site
    changes: tuple[FileChange, ...]
    directories: tuple[NewDirectory, ...]
    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[Check, ...] = ()

    @property
    def empty(self) -> bool:
        return not self.changes and not self.directories


def make_plan(settings: Settings, previous_milter: str = "") -> Plan:
    """The plan for this host. *previous_milter* is what an earlier run put into ``smtpd_milters``.

    Raises :class:`PostfixError` when there is no Postfix to join or it cannot be read."""
    front = read_instance(settings.postfix.front)
    site, refusals = _site(settings, front), list(first_refusals(settings, front))
    refusals += gateway_refusals(settings, front)
    if refusals:
        return Plan(site=site, changes=(), directories=(), refusals=tuple(refusals))
    files = tuple(_files(settings, site, front, previous_milter))
    changes = tuple(_changes(files))
    refused, warnings = _try_out(settings, site, front, files)
    directories = tuple(d for d in _directories(settings, site, front) if not d.path.is_dir())
    return Plan(
        site=site, changes=changes, directories=directories, refusals=tuple(refused), warnings=tuple(warnings)
    )


def pending_files(settings: Settings, front: Instance) -> tuple[Path, ...]:
    """The files that a run of install would change now."""
    return tuple(change.path for change in _changes(_files(settings, _site(settings, front), front, "")))


def _site(settings: Settings, front: Instance) -> Site:
    return replace(
        Site.of(settings, front.value("myhostname")),
        origin=front.value("myorigin"),
        helo_name=outgoing(front, "smtp_helo_name"),
        inet_protocols=front.value("inet_protocols"),
        milter_socket=milter_path(settings, front),
        command_directory=front.value("command_directory"),
        daemon_directory=front.value("daemon_directory"),
        mail_owner=front.value("mail_owner"),
        setgid_group=front.value("setgid_group"),
        house_tables=house_tables(front),
    )


def _changes(files: Iterable[tuple[Path, str]]) -> Iterator[FileChange]:
    """The files to write, those left out that are right already."""
    for path, after in files:
        before = path.read_bytes() if path.exists() else None
        content = after.encode(*_TEXT)
        if before != content:
            yield FileChange(path, before, content)


def _files(
    settings: Settings, site: Site, front: Instance, previous_milter: str
) -> Iterator[tuple[Path, str]]:
    """Every file with the text it must have, in the order of writing."""
    for name, text in _secure_files(site, front).items():
        path = site.secure / name
        yield path, _whole(text, path)
    for name, text in (
        ("segl-verdict", render_verdict(site)),
        ("segl-strip", render_strip(site)),
        (OWN, render_own(settings, house_names(settings, front))),
    ):
        yield site.front / name, f"{edit.MARK}\n{text}"
    yield from _primary_file(settings, site)
    yield from _front_files(settings, site, front, previous_milter)


def _secure_files(site: Site, front: Instance) -> dict[str, str]:
    main = render("secure.main.cf", site)
    if front.version < (3, 10):
        main = edit.without_parameters(main, {"tls_required_enable"})
    main += "".join(f"{name} = {value}\n" for name, value in carried_over(front).items())
    return {"main.cf": main, "master.cf": render_secure_master(site)}


def _whole(text: str, path: Path) -> str:
    """A file that is ours, with the postmaster's own lines from *path* below; what they set, we leave out."""
    _, found, kept = read_text(path).partition(f"{KEEP}\n") if path.exists() else ("", "", "")
    if found and path.name == "main.cf":
        text = edit.without_parameters(text, set(edit.parameters_of(kept)))
    elif found:
        kept = edit.without_services(kept, _POSTFIX_ADDS)
    return f"{WRITTEN}\n\n{text.rstrip()}\n\n{KEEP}\n{kept}"


def _services(site: Site) -> str:
    return render_front_master(site)


def _front_files(
    settings: Settings, site: Site, front: Instance, previous: str
) -> Iterator[tuple[Path, str]]:
    master, main = front.directory / "master.cf", front.directory / "main.cf"
    with_reports = edit.set_options(read_text(master), REPORTERS, REPORT_OPTIONS)
    yield master, edit.set_services(with_reports, _services(site))
    written = written_values(front.directory)
    values = _front_values(settings, site, front, written, previous)
    if same_path(default_directory(), front.directory):
        values |= _instance_values(site, written)
    yield main, edit.without_former(_with_values(main, written, values), values)


def _primary_file(settings: Settings, site: Site) -> Iterator[tuple[Path, str]]:
    """The default instance's main.cf, when the front is another instance that it lists."""
    primary = default_directory()
    if same_path(primary, settings.postfix.front) or not (primary / "main.cf").exists():
        return
    listed = split_list(read_instance(primary).value("multi_instance_directories"))
    if any(same_path(Path(item), settings.postfix.front) for item in listed):
        main, written = primary / "main.cf", written_values(primary)
        yield main, _with_values(main, written, _instance_values(site, written))


def _with_values(main: Path, written: Mapping[str, str], values: dict[str, str]) -> str:
    """main.cf with *values*; those it has already are left as they are *written*."""
    text = read_text(main)
    wanting = {name: value for name, value in values.items() if written.get(name) != value}
    return edit.set_parameters(text, wanting) if wanting else text


def _front_values(
    settings: Settings, site: Site, front: Instance, written: Mapping[str, str], previous: str
) -> dict[str, str]:
    """Our parameters, merged with the site's own milters and header checks."""
    values = edit.parameters_of(render("front.main.cf", site))
    if front.version < (3, 10):
        del values["tls_required_enable"]
    setup = Setup(settings, front, front)
    for name in ("smtpd_milters", "non_smtpd_milters"):
        raw, ours = written.get(name, ""), values[name]
        if name == "non_smtpd_milters" and raw in {"$smtpd_milters", "${smtpd_milters}"}:
            values[name] = raw
            continue
        others = [i for i in split_list(raw) if not setup.is_our_milter(i) and i not in {ours, previous}]
        standing = [item for item in split_list(raw) if setup.is_our_milter(item)]
        # ours last: it sees what the others made of the message
        values[name] = raw if standing and split_list(raw)[-1] == ours else ", ".join([*others, ours])
    first = values["milter_header_checks"]
    rest = [item for item in split_list(written.get("milter_header_checks", "")) if item != first]
    values["milter_header_checks"] = ", ".join([first, *rest])
    tables = [t for t in split_list(written.get("transport_maps", "")) if not is_canary_map(t)]
    values["transport_maps"] = ", ".join([canary_map(site, upstream_entries(settings)), *tables])
    values |= gateway_values(settings, front, written)
    return values


def _instance_values(site: Site, written: Mapping[str, str]) -> dict[str, str]:
    """What makes `postfix start` start both (postmulti(1), MULTI_INSTANCE_README), where the default instance has
    *written* this."""
    listed = split_list(written.get("multi_instance_directories", ""))
    if not any(same_path(Path(item), site.secure) for item in listed):
        listed = (*listed, str(site.secure))
    return {
        "multi_instance_wrapper": written.get("multi_instance_wrapper")
        or "${command_directory}/postmulti -p --",
        "multi_instance_enable": "yes",
        "multi_instance_directories": " ".join(listed),
    }


def _directories(settings: Settings, site: Site, front: Instance) -> Iterator[NewDirectory]:
    yield NewDirectory(site.secure, 0o755, "root", "root")
    yield NewDirectory(site.secure_queue, 0o755, "root", "root")
    yield NewDirectory(site.secure_data, 0o700, site.mail_owner, _group_of(site.mail_owner))
    if not Path(site.milter_socket).is_absolute() and "/" in site.milter_socket:
        # set-gid: the socket gets Postfix's group, so that Postfix may connect and nobody else
        owner = "segl-milter" if _user_exists("segl-milter") else "root"
        folder = Path(os.path.realpath(front.queue)) / Path(site.milter_socket).parent
        yield NewDirectory(folder, 0o2750, owner, _group_of(site.mail_owner))


def _try_out(
    settings: Settings, site: Site, front: Instance, files: Iterable[tuple[Path, str]]
) -> tuple[list[Refusal], list[Check]]:
    """Lay the new files out in a temporary directory, let Postfix and the doctor read them."""
    with tempfile.TemporaryDirectory(prefix="segl-install-") as name:
        trial = Path(name)
        staged = replace(site, front=trial / "front", secure=trial / "secure")
        for folder in (staged.front, staged.secure):
            folder.mkdir()
        for entry in front.directory.iterdir():
            (staged.front / entry.name).symlink_to(entry)
        for path, text in files:
            if path.parent in (site.front, site.secure):
                target = (staged.front if path.parent == site.front else staged.secure) / path.name
                target.unlink(missing_ok=True)
                target.write_bytes(_moved(text, site, staged).encode(*_TEXT))
                os.utime(target, (0, 0))  # Postfix waits two seconds before it reads a file written just now
        try:
            setup = Setup(settings, read_instance(staged.front), read_instance(staged.secure))
        except PostfixError as error:
            return [Refusal("Postfix would not take the result", _back(error.private, site, staged), "")], []
        checks = [
            *front_checks(setup),
            *secure_checks(setup),
            *demand_checks(setup),
            *leaving_checks(setup),
            *table_checks(setup),
        ]
    checks = [replace(c, found=_back(c.found, site, staged), fix=_back(c.fix, site, staged)) for c in checks]
    refused = [
        c
        for c in checks
        if (c.state is State.FAIL and c.id not in _ONLY_TOLD)
        or (c.state is State.WARN and c.id in _ALSO_REFUSED)
    ]
    warned = [c for c in checks if c.state is not State.OK and c not in refused]
    return [Refusal(c.found, c.why, c.fix) for c in refused], warned


def _moved(text: str, site: Site, staged: Site) -> str:
    return text.replace(f":{site.front}/segl-", f":{staged.front}/segl-")


def _back(text: str, site: Site, staged: Site) -> str:
    return text.replace(str(staged.front), str(site.front)).replace(str(staged.secure), str(site.secure))


def _user_exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _group_of(user: str) -> str:
    try:
        return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name
    except KeyError:
        raise PostfixError(f"there is no user {user}", hint="is Postfix installed completely?") from None
