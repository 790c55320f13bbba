"""How the pages look for whom: the settings' ``[[portal.look]]``, read and checked once.

Before a message is open every page has the first look, whose message it may be: a page that showed the sender's logo
for a link that exists would tell that it exists. After that the sender's domain decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from segl.errors import Fault, SettingsError
from segl.settings.document import Settings
from segl.settings.web import Look as LookSettings
from segl_portal.colours import TEXT, Palette

LOGO_BYTES: Final = 200_000
_KINDS: Final = (
    (b"\x89PNG\r\n\x1a\n", "png", "image/png"),
    (b"\xff\xd8\xff", "jpg", "image/jpeg"),
    (b"RIFF", "webp", "image/webp"),
)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that never changes under its name, which holds its hash."""

    name: str
    media_type: str
    content: bytes

    @classmethod
    def of(cls, stem: str, ending: str, media_type: str, content: bytes) -> Asset:
        return cls(f"{stem}-{sha256(content).hexdigest()[:16]}.{ending}", media_type, content)


@dataclass(frozen=True, slots=True)
class Look:
    """One organisation's: what the templates show."""

    name: str
    contact: str
    privacy_url: str
    colours: Asset
    logo: Asset | None

    @property
    def assets(self) -> tuple[Asset, ...]:
        return (self.colours, self.logo) if self.logo else (self.colours,)


@dataclass(frozen=True, slots=True)
class Looks:
    """All of them. ``default`` is for pages before a message is open, ``otherwise`` for senders who have none; which of
    ``made`` a sender has is for *chosen* to say (:meth:`~segl.settings.document.Settings.look_of`)."""

    default: Look
    made: Mapping[LookSettings, Look]
    otherwise: Look
    chosen: Callable[[str], LookSettings | None]

    def of_sender(self, address: str) -> Look:
        entry = self.chosen(address)
        return self.otherwise if entry is None else self.made.get(entry, self.otherwise)

    @property
    def assets(self) -> tuple[Asset, ...]:
        looks = (self.default, self.otherwise, *self.made.values())
        return tuple({asset.name: asset for look in looks for asset in look.assets}.values())


def load_looks(settings: Settings, file: Path | str = "segl.toml") -> Looks:
    """Raises :class:`SettingsError`, which names every fault: a colour that cannot be read, a logo that is none, a
    domain with two looks."""
    given: Sequence[LookSettings] = settings.portal.look
    common = settings.common_looks or [LookSettings()]
    given = given if settings.common_looks else (*given, *common)
    faults: list[Fault] = []
    looks = [_look(entry, settings, file, number, faults) for number, entry in enumerate(given, 1)]
    named: set[str] = set()
    otherwise: list[Look] = []
    for number, (entry, look) in enumerate(zip(given, looks, strict=True), 1):
        if entry in common:
            otherwise.append(look)
            if len(otherwise) > 1:
                faults.append(Fault(file, f"portal.look.{number}", "names no domains, like one before it"))
        for domain in entry.domains:
            if domain in named:
                faults.append(Fault(file, f"portal.look.{number}.domains", f"{domain} has a look already"))
            named.add(domain)
    if faults:
        raise SettingsError(faults)
    made = dict(zip(given, looks, strict=True))
    for owner in settings.owners.every:  # tenants without a look of their own have their name at least
        own = settings.look_of(f"@{owner.domains[0]}")
        if own is not None and own not in made:
            made[own] = _look(own, settings, file, len(made) + 1, faults)
    first = next(look for entry, look in zip(given, looks, strict=True) if entry.domains or entry in common)
    return Looks(first, made, otherwise[0], settings.look_of)


def _look(
    entry: LookSettings, settings: Settings, file: Path | str, number: int, faults: list[Fault]
) -> Look:
    palette = Palette.of(entry.colour)
    if palette.readable < TEXT:
        problem = f"{entry.colour} cannot be read on white: contrast {palette.readable:.1f} to 1"
        faults.append(
            Fault(file, f"portal.look.{number}.colour", problem, "take a darker one, 4.5 to 1 or more")
        )
    logo: Asset | None = None
    if entry.logo is not None:
        try:
            logo = _logo(entry.logo)
        except ValueError as error:
            faults.append(Fault(file, f"portal.look.{number}.logo", f"{entry.logo}: {error}"))
    sheet = palette.style_sheet().encode("ascii")
    name = entry.name or (settings.owner(entry.domains[0]) if entry.domains else settings.owners.first).name
    return Look(
        name,
        entry.contact,
        entry.privacy_url,
        Asset.of("look", "css", "text/css; charset=utf-8", sheet),
        logo,
    )


def _logo(path: Path) -> Asset:
    """The picture. It is shown by ``<img>`` alone, where an SVG's scripts do not run; what is not a picture at all is
    refused here, so that nothing else is served under our name."""
    try:
        with path.open("rb") as stream:
            content = stream.read(LOGO_BYTES + 1)
    except OSError as error:
        raise ValueError(error.strerror or "cannot be read") from None
    if len(content) > LOGO_BYTES:
        raise ValueError("has more than 200 KB")
    for magic, ending, media_type in _KINDS:
        if content.startswith(magic) and (ending != "webp" or content[8:12] == b"WEBP"):
            return Asset.of("logo", ending, media_type, content)
    if b"<svg" in content[:2000] and b"<script" not in content.lower():
        return Asset.of("logo", "svg", "image/svg+xml", content)
    raise ValueError("is no PNG, JPEG, WebP or SVG without script")
