"""Each agent knows whom it hands to, so that an error names the server that did not answer."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import Engine

from segl.events import Events
from segl.mail.handover import NextHop
from segl.mail.return_port import MailPort, ReturnPort
from segl.settings.file import parse_settings
from segl_delivery.agents import Agents
from segl_delivery.receipts.report_writer import ReportWriter
from segl_delivery.sealing.storage_threads import StorageThreads


def hop_of(port: MailPort) -> NextHop:
    assert isinstance(port, ReturnPort)
    return port.hop


def test_every_port_bears_the_name_of_its_server(engine: Engine, tmp_path: Path) -> None:
    settings = parse_settings(
        {
            "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
            "portal": {"sealed": f"{tmp_path}/sealed"},
            "delivery": {"keys": f"{tmp_path}/keys"},
            "receipts": {"key": f"{tmp_path}/receipts.key"},
            "inbound": {"hand_to": "127.0.0.1:10024"},
        }
    )
    report_writer = ReportWriter(engine, lambda: settings)
    agents = Agents.of(settings, engine, Events("test"), report_writer, StorageThreads(1), [])
    assert hop_of(agents.tunnel.return_port) is NextHop.RETURN_PORT
    assert hop_of(agents.portal.return_port) is NextHop.RETURN_PORT
    assert hop_of(agents.receipt.entrance) is NextHop.SECURE
    assert hop_of(agents.opening.inside) is NextHop.HAND_TO
    assert hop_of(agents.opening.return_port) is NextHop.RETURN_PORT
