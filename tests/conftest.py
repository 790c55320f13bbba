"""For all tests: where the repository is, and a namespace of its own for those that need real neighbours."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy.engine import Engine

from handing_out import (  # noqa: F401
    pytest_report_from_serializable,
    pytest_report_to_serializable,
    pytest_xdist_make_scheduler,
)
from segl.confined import pool as confined_pool
from segl.store.engine import open_store
from world import namespace, needs, stores, surroundings, template
from world.object_store import ObjectStore
from world.peers import SmtpPeer
from world.ports import free_port
from world.postgresql import PostgreSQL
from world.stores import store_in

# No deadline for a single case: on a busy machine it says how busy, not how slow.
settings.register_profile("segl", deadline=None)
# For `make test-fast`. A law that says itself how many cases it wants is tried with as many.
settings.register_profile("fast", deadline=None, max_examples=20)
settings.load_profile("segl")

# Many a container says that nothing compiled is to be kept: every process that a test starts would compile all anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

surroundings.settle()

gc.disable()  # until all is collected: nothing of what is made till then goes away

template.in_use = True  # a bench measures what a start by execution gives

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def objects() -> Iterator[ObjectStore]:
    """A real S3-compatible store, for the tests of this process."""
    with ObjectStore() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A real PostgreSQL server, for the tests of this process."""
    with PostgreSQL() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def both_stores(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test is run twice: what :mod:`world.stores` makes is on one database, and then on the other."""
    with stores.on(None if request.param == "sqlite" else request.getfixturevalue("postgresql")):
        yield


@pytest.fixture
def store_url(both_stores: None, tmp_path: Path) -> str:
    """An empty store, on both databases."""
    return store_in(tmp_path)


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    """That store, opened."""
    engine = open_store(store_url)
    yield engine
    engine.dispose()


@pytest.fixture
def danish_time() -> Iterator[None]:
    """Clocks on the wall are Denmark's, wherever the tests run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def peer() -> Iterator[SmtpPeer]:
    """A server that takes what is sent."""
    with SmtpPeer("127.0.0.1", free_port()) as peer:
        yield peer


# Modules most of whose tests start programs, wait for what takes its time or try thousands of cases, each short and all
# together long: `make test-fast` leaves them out.
_SLOW = frozenset(
    """
    test_alike
    test_answer_handed_on
    test_answer_killed
    test_answer_letter
    test_answering
    test_answers_given_back
    test_answers_refused
    test_archive
    test_archive_hostile
    test_audit
    test_backup
    test_canary
    test_certificate_knowledge
    test_certificate_search
    test_certificates_ldap
    test_check
    test_check_files
    test_cms_command
    test_cms_enveloped
    test_cms_fuzz
    test_cms_opening
    test_codes_asked_for
    test_command_line
    test_commands_as_written
    test_cpr_in_files
    test_dane
    test_dane_in_doubt
    test_dane_laws
    test_decisions_command
    test_decoding
    test_deliver_certificate
    test_deliver_memory
    test_deliver_portal
    test_deliver_tunnel
    test_doctor_portal
    test_domains_command
    test_evaluate
    test_explain
    test_features
    test_feedback_page
    test_formats_image
    test_frame
    test_holding
    test_holding_told
    test_housekeeping
    test_index
    test_journal
    test_key_command
    test_limits
    test_look
    test_milter_gateway
    test_milter_protocol
    test_milter_relief
    test_milter_unguarded
    test_mime_corpus
    test_mime_laws
    test_multiprocess
    test_organisations_apart
    test_own_templates
    test_pages_on_the_way
    test_pool
    test_pool_pictures
    test_portal_clients
    test_portal_pages
    test_portal_process
    test_portal_requests
    test_postfix_carried
    test_postfix_commands
    test_postfix_demands
    test_postfix_forwards
    test_postfix_gateway
    test_postfix_host_checks
    test_postfix_inbound
    test_postfix_misconfigured
    test_postfix_misconfigured_secure
    test_postfix_misconfigured_tables
    test_postfix_own_mail
    test_postfix_plan
    test_postfix_policies
    test_postfix_queue
    test_postfix_relay
    test_postfix_taken
    test_postfix_undo
    test_postgresql
    test_receipt_mail
    test_receipt_records
    test_receipt_statistics
    test_receipts_process
    test_receipts_refused
    test_rendered_previews
    test_rendered_prints
    test_renderer
    test_rule_effects
    test_rules_command
    test_rules_load
    test_rules_tuning_command
    test_sandbox
    test_scanner
    test_sealed_command
    test_sealed_life
    test_sealed_news
    test_sealed_news_once
    test_sealed_objects
    test_sealed_opening
    test_sealed_storage
    test_sealing
    test_settings_trail
    test_signing
    test_sms
    test_starts
    test_thresholds_command
    test_tunnel_publish
    test_two_nodes
    test_upload_names
    test_uploads
    test_view
    test_visits
    test_watchdog
    test_web_servers
    """.split()
)


# Those that wait the longest: for receipts to fall due, for queues to be tried again.
_LONGEST = frozenset(
    """
    test_receipts_process
    test_install
    test_install_undone
    test_failing_closed
    test_milter_failing
    test_milter_lifecycle
    test_milter_stopping
    test_portal_process
    test_canary
    test_certificates
    """.split()
)


def _starts_programs(item: pytest.Item) -> bool:
    """What asks Postfix's own programs, needs a server that each worker would have to start first, or is tried without
    one too."""
    if any(needs.POSTFIX.mark in node.own_markers for node in item.iter_parents()):
        return True
    case = getattr(item, "callspec", None)
    if case and "postgresql" in (case.params.get("both_stores"), case.params.get("counters")):
        return True
    return not {"postgresql", "objects", "tree"}.isdisjoint(getattr(item, "fixturenames", ()))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Where workers collect, this process keeps their reports, and nothing that stays to the end. Each that runs tests
    has a loopback of its own from the start: no other takes a port that :func:`free_port` has found here, and a server
    that stands for all its tests is reached from all of them. Where that cannot be had world tests say so."""
    if session.config.pluginmanager.hasplugin("dsession"):
        gc.enable()
    elif os.geteuid() == 0:
        with suppress(namespace.NamespaceRefused):
            namespace.enter()
    if hasattr(session.config, "workerinput"):
        template.shared = Path(session.config.option.basetemp).parent


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What a run leaves out none of its workers has to import."""
    left_out = collection_path.stem in _SLOW and "not slow" in config.option.markexpr
    return True if left_out else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    stems = {path: path.stem for path in {item.path for item in items}}
    for item in items:
        if stems[item.path] in _SLOW or _starts_programs(item):
            item.add_marker(pytest.mark.slow)
    # The long files first, so that at the end no worker has one left while the others are done.
    long: set[Path] = set()
    for item in items:
        if item.path not in long and any(
            mark.name in ("slow", "world") for node in item.iter_parents() for mark in node.own_markers
        ):
            long.add(item.path)
    items.sort(key=lambda item: (stems[item.path] not in _LONGEST, item.path not in long))


def pytest_collection_finish() -> None:
    """The tests and all that they import stay to the end. Each full collection of garbage would look at half a million
    objects of theirs, a third of a second long: a seventh of the time of tests that start nothing. Of what tests make
    little is garbage that waits for a collection: one after every 2,000 objects was a twentieth of that time still."""
    gc.freeze()
    gc.set_threshold(200_000)
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """The confined workers of a daemon end with it. Here some were this process's own, and the interpreter would tell
    of their sockets that nobody closed them."""
    for pool in list(confined_pool._pools):
        pool.stop()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """World tests need root and Postfix. CI has both, so there a missing one is a failure, not a skip."""
    if not item.get_closest_marker("world") or _world_possible():
        return
    reason = "needs root and Postfix (run as root; scripts/setup installs Postfix)"
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI nothing is left out for want of a program, a package or a right: there a skip is a failure. The
    one exception is a test of another kind of processor, which its reason names."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if "x86-64" not in reason:
            report.outcome = "failed"
            report.longrepr = f"left out in CI: {reason}"
    return report


def _world_possible() -> bool:
    search = f"/usr/sbin:/usr/bin:{os.environ.get('PATH', '')}"
    return os.geteuid() == 0 and shutil.which("postfix", path=search) is not None
