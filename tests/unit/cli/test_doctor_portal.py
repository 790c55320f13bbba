"""What `segl doctor` and `segl status` say of the portal's pages, asked of a real segl-portal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from segl.cli.doctor_portal import page_line, portal_checks
from segl.postfix import sockets
from segl.postfix.check import Check, State
from segl.settings.document import Settings
from segl.settings.file import load_settings
from world.portal_site import HOST, PortalSite
from world.ports import free_port


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalSite]:
    with PortalSite(tmp_path_factory.mktemp("portal")) as site:
        yield site


def changed(site: PortalSite, before: str = "", after: str = "", tables: str = "") -> Settings:
    """The settings of the running portal with something else in them."""
    site.write_settings(tables)
    text = site.settings_file.read_text("utf-8")
    site.settings_file.write_text(text.replace(before, after) if before else text, "utf-8")
    return load_settings(site.settings_file)


def states(settings: Settings) -> dict[str, Check]:
    return {check.id: check for check in portal_checks(settings)}


def test_a_portal_that_answers_is_in_order(site: PortalSite) -> None:
    settings = changed(site)
    found = states(settings)
    assert {id_: check.state for id_, check in found.items()} == dict.fromkeys(
        ("portal.page", "portal.looks", "portal.certificate", "portal.visitors"), State.OK
    )
    assert page_line(settings, 5) == (True, f"answers on 127.0.0.1:{site.web_port}")


def test_one_that_does_not_run_is_a_failure(site: PortalSite) -> None:
    settings = changed(site, f'"127.0.0.1:{site.web_port}"', f'"127.0.0.1:{free_port()}"')
    check = states(settings)["portal.page"]
    assert (check.state, "nobody listens" in check.found) == (State.FAIL, True)
    good, text = page_line(settings, 5)
    assert (good, "nobody listens" in text) == (False, True)


def test_a_port_that_speaks_something_else_is_a_failure(site: PortalSite) -> None:
    settings = changed(site, f'"127.0.0.1:{site.web_port}"', f'"127.0.0.1:{site.port}"')
    assert states(settings)["portal.page"].state is State.FAIL


def test_where_it_may_not_be_asked_nothing_is_said_of_it(
    site: PortalSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(sockets, "tcp", forbidden)
    settings = changed(site, f'"127.0.0.1:{site.web_port}"', f'"0.0.0.0:{site.web_port}"')
    assert states(settings)["portal.page"].state is State.UNKNOWN
    assert page_line(settings, 5)[0] is None


def test_one_on_all_addresses_is_asked_by_ipv4_as_well(tmp_path: Path) -> None:
    """It listens at ``[::1]`` alone; where the settings say ``[::]``, browsers with IPv4 would find nobody."""
    narrow = PortalSite(tmp_path)
    listen = f'"127.0.0.1:{narrow.web_port}"'
    changed(narrow, listen, f'"[::1]:{narrow.web_port}"')
    with narrow:
        check = states(changed(narrow, listen, f'"[::]:{narrow.web_port}"'))["portal.page"]
    assert (check.state, "asked at 127.0.0.1" in check.found) == (State.FAIL, True)


def test_a_portal_that_lost_its_store_is_told_as_such(site: PortalSite, tmp_path: Path) -> None:
    with PortalSite(tmp_path) as broken:
        with broken.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE meta RENAME TO gone")
        check = states(load_settings(broken.settings_file))["portal.page"]
    assert check.state is State.FAIL
    assert "cannot reach its store" in check.found


def test_a_look_that_cannot_be_used_is_named(site: PortalSite) -> None:
    check = states(changed(site, tables='[[portal.look]]\ncolour = "#ffee00"\n'))["portal.looks"]
    assert check.state is State.FAIL
    assert "#ffee00 cannot be read on white" in check.found


@pytest.mark.parametrize(("days", "state"), [(13, State.WARN), (-1, State.FAIL), (40, State.OK)])
def test_its_certificate_is_looked_at_before_it_ends(site: PortalSite, days: int, state: State) -> None:
    other = site.ca.issue([HOST], days=max(days, 1), expired=days < 0)
    settings = changed(site, str(site.certificate.cert), str(other.cert))
    assert states(settings)["portal.certificate"].state is state


def test_where_another_service_takes_its_place_it_need_not_run(site: PortalSite) -> None:
    settings = changed(site, tables='[portal.relay]\nnext_hop = "[smtp.andre.example]:25"\n')
    assert [check.state for check in portal_checks(settings)] == [State.OK]
    assert page_line(settings, 5)[0] is True
