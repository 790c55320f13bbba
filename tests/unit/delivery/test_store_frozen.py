"""A store whose server is frozen answers nothing, and ends no connection. Who is told to stop stops all the same."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from segl.decisions.record import DecisionRecord
from segl.vocabulary import Decision
from world.at_once import at_once
from world.desk import DOMAIN, Desk
from world.mapprocess import SETTINGS
from world.postfix import wait_until
from world.postgresql import PostgreSQL
from world.process import Daemon

pytestmark = pytest.mark.slow  # a server and two processes, and as long as they wait for it


def test_a_stop_waits_for_no_server_that_is_frozen(tmp_path: Path) -> None:
    """segl-map and segl-deliver did not end before somebody killed them. (Of a message in hand: test_deliver_process.)
    What the milter told of its decisions is the one thing that nobody has then; the log says so."""
    with PostgreSQL() as server:
        store = server.empty_store()
        (tmp_path / "map" / "tunnel.d").mkdir(parents=True)
        (tmp_path / "desk").mkdir()
        file = tmp_path / "map" / "segl.toml"
        ca_file = "/etc/ssl/certs/ca-certificates.crt"
        text = SETTINGS.format(
            directory=file.parent, nameserver="127.0.0.1", port=1, ca_file=ca_file, routing="", more=""
        )
        file.write_text(text.replace(f"sqlite:///{file.parent}/segl.db", store))
        map_ = Daemon("segl-map", "--settings", str(file), directory=file.parent)
        desk = Desk(tmp_path / "desk")
        text = desk.settings_file.read_text("utf-8")
        desk.settings_file.write_text(text.replace(f"sqlite:///{desk.directory}/segl.db", store))
        try:
            map_.start()
            desk.start()
            wait_until(lambda: '"audit_head"' in desk.daemon.log, 30, lambda: desk.daemon.log)
            with server.frozen(), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as milter:
                record = DecisionRecord("ab" * 32, time.time(), DOMAIN, Decision.PLAIN)
                milter.sendto(record.to_bytes(), str(desk.directory / "decisions.sock"))
                begun = time.monotonic()
                assert at_once(Daemon.stop, (map_, desk.daemon)) == [0, 0]
                assert time.monotonic() - begun < 30
            assert "broken off" in map_.log
            assert "1 record of decisions lost" in desk.daemon.log
            assert not list(tmp_path.glob("*/*.sock"))
        finally:
            map_.kill()
            desk.stop()
