"""What the LMTP server says, on a real unix socket: one reply a recipient, whatever happens behind it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segl.daemons.listening import listen_unix
from segl.errors import NoCertificate, SmtpReply
from segl.events import Events, configure_log
from segl.vocabulary import Way
from segl_delivery.agent import Delivery
from segl_delivery.lmtp import session
from segl_delivery.lmtp.budget import ByteBudget
from segl_delivery.lmtp.in_hand import InHand, name_of
from segl_delivery.lmtp.server import LmtpServer
from segl_delivery.lmtp.session import MOST_FAULTS, MOST_RECIPIENTS, Service
from world.desk import LmtpClient

OK = SmtpReply(250, "2.0.0", "taken")


class Counter:
    """An agent that takes everything, or does what it is told."""

    way = Way.TUNNEL

    def __init__(self, does: Callable[[Delivery], Mapping[str, SmtpReply]] | None = None) -> None:
        self.does = does
        self.seen: list[Delivery] = []
        self.has_one = threading.Event()
        self.hold = threading.Event()
        self.hold.set()

    async def deliver(self, delivery: Delivery) -> Mapping[str, SmtpReply]:
        self.has_one.set()
        await asyncio.to_thread(self.hold.wait, 60)
        self.seen.append(delivery)
        if self.does is not None:
            return self.does(delivery)
        return dict.fromkeys(delivery.recipients, OK)


class Running:
    def __init__(
        self, path: Path, agent: Counter, *, message_bytes: int = 10_000_000, budget: int = 50_000_000
    ) -> None:
        self.path, self.agent = path, agent
        bytes_in_hand = ByteBudget(budget)
        marks = InHand(path.parent / "in-hand")
        service = Service(lambda: agent, lambda: bytes_in_hand, Events("test"), message_bytes, marks)
        self._listener = listen_unix(path, 0o600)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._server = LmtpServer(service, self._listener)
        asyncio.run_coroutine_threadsafe(self._server.start(), self._loop).result(30)

    def client(self) -> LmtpClient:
        return LmtpClient(self.path, seconds=30)

    def stop(self, drain: float = 5) -> int:
        if not self._thread.is_alive():
            return 0
        left = asyncio.run_coroutine_threadsafe(self._server.stop(drain), self._loop).result(30)
        asyncio.run_coroutine_threadsafe(self._loop.shutdown_default_executor(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()
        self._listener.close()
        return left


@pytest.fixture(autouse=True)
def _log() -> None:
    configure_log(level="error")


@contextmanager
def running(path: Path, agent: Counter, **sizes: int) -> Iterator[Running]:
    server = Running(path / "lmtp.sock", agent, **sizes)
    try:
        yield server
    finally:
        agent.hold.set()
        server.stop()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, Counter()) as started:
        yield started


def test_a_message_that_ended_the_process_again_and_again_waits_and_no_other(tmp_path: Path) -> None:
    content = b"Subject: x\r\n\r\nhej\r\n"
    size = 20_000 + 20_000 // 16 + 4096
    bad = name_of("tunnel", "anna@nordby.example", ["bo@vestby.example"], size)
    for _ in range(3):
        InHand(tmp_path / "in-hand").take(bad)
    with running(tmp_path, agent := Counter()) as server, server.client() as client:
        client.say("MAIL FROM:<anna@nordby.example> SIZE=20000")
        client.say("RCPT TO:<bo@vestby.example>")
        assert client.say("DATA").startswith("451 4.3.0 segl-deliver was ended")
        client.say("RSET")
        assert client.deliver("anna@nordby.example", ["bo@vestby.example"], content) == ["250 2.0.0 taken"]
    assert len(agent.seen) == 1
    assert [file.name for file in (tmp_path / "in-hand").iterdir()] == [bad]


def test_a_message_is_handed_to_the_agent_as_it_came(server: Running) -> None:
    content = "Subject: blåbær\r\n\r\n.prik\r\n..\r\n\x00\xff lf\nlf\r\n".encode("latin-1")
    with server.client() as client:
        assert client.deliver("anna@nordby.example", ["bo@vestby.example"], content) == ["250 2.0.0 taken"]
    [delivery] = server.agent.seen
    assert delivery.content == content
    assert delivery.envelope.sender == "anna@nordby.example"
    assert delivery.envelope.recipients == ("bo@vestby.example",)
    assert delivery.client == "secure.example"


def test_what_is_said_of_utf8_is_of_that_message_alone(server: Running) -> None:
    plain, utf8 = "c@d.example", "ægil@d.example"
    said = [
        (plain, plain, ""),
        (plain, plain, "SMTPUTF8"),
        (plain, utf8, ""),
        (utf8, plain, ""),
        (plain, plain, ""),
    ]
    with server.client() as client:
        for sender, recipient, parameters in said:
            client.deliver(sender, [recipient], b"x\r\n", parameters)
    assert [delivery.smtputf8 for delivery in server.agent.seen] == [False, True, True, True, False]


def test_the_greeting_offers_what_postfix_needs_and_no_dsn(server: Running) -> None:
    with LmtpClient(server.path, greet=False) as client:
        assert client.greeting.startswith("220 ")
        words = client.say("LHLO secure.example").replace("250-", "").replace("250 ", "").split("\n")
    assert words[1:] == ["PIPELINING", "ENHANCEDSTATUSCODES", "SIZE 10000000", "8BITMIME", "SMTPUTF8"]


@given(
    st.lists(
        st.sampled_from(["a@x.example", "b@x.example", "c@y.example", "d@x.example"]), min_size=1, max_size=12
    )
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_as_many_replies_as_recipients_in_their_order(server: Running, recipients: list[str]) -> None:
    # The agent forgets d, which is kept for another try.
    answers = {
        "a@x.example": SmtpReply(250, "2.0.0", "a"),
        "b@x.example": SmtpReply(451, "4.7.5", "b"),
        "c@y.example": SmtpReply(550, "5.1.1", "c"),
    }
    server.agent.does = lambda _delivery: answers
    with server.client() as client:
        replies = client.deliver("", recipients, b"x\r\n")
        assert client.say("NOOP").startswith("250"), "no reply too many"
    expected = [
        str(answers.get(recipient, SmtpReply(451, "4.3.0", "not delivered now"))) for recipient in recipients
    ]
    assert replies == expected


def fail(error: Exception) -> Callable[[Delivery], Mapping[str, SmtpReply]]:
    def does(_delivery: Delivery) -> Mapping[str, SmtpReply]:
        raise error

    return does


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (RuntimeError("010190-1234"), "451 4.3.0 a fault here, the message is kept for another try"),
        (TimeoutError(), "451 4.3.0 a fault here, the message is kept for another try"),
        (MemoryError(), "451 4.3.0 a fault here, the message is kept for another try"),
        (NoCertificate("no certificate"), "451 4.7.5 no certificate"),
    ],
)
def test_a_fault_is_temporary_for_every_recipient(
    server: Running, capsys: pytest.CaptureFixture[str], error: Exception, reply: str
) -> None:
    server.agent.does = fail(error)
    with server.client() as client:
        assert client.deliver("a@b.example", ["c@d.example", "e@f.example"], b"x\r\n") == [reply, reply]
        server.agent.does = None
        assert client.deliver("a@b.example", ["c@d.example"], b"x\r\n") == ["250 2.0.0 taken"]
    assert "010190" not in capsys.readouterr().err


def test_a_message_that_is_too_large_is_refused_for_every_recipient(tmp_path: Path) -> None:
    with running(tmp_path, Counter(), message_bytes=1000) as server, server.client() as client:
        assert client.say("MAIL FROM:<a@b.example> SIZE=1001").startswith("552 5.3.4")
        assert client.say("MAIL FROM:<a@b.example> SIZE=1000").startswith("250")
        client.say("RSET")
        replies = client.deliver("a@b.example", ["c@d.example", "e@f.example"], b"x" * 2000 + b"\r\n")
        assert [reply[:9] for reply in replies] == ["552 5.3.4"] * 2
        assert client.deliver("a@b.example", ["c@d.example"], b"x\r\n") == ["250 2.0.0 taken"]
        assert len(server.agent.seen) == 1


def test_pipelined_commands_are_answered_in_turn(server: Running) -> None:
    with server.client() as client:
        client.send(b"MAIL FROM:<a@b.example>\r\nRCPT TO:<bad\r\nRCPT TO:<c@d.example>\r\nDATA\r\n")
        codes = [client.reply()[:3] for _ in range(4)]
        client.send(b"body\r\n.\r\nMAIL FROM:<n@b.example>\r\nRSET\r\nQUIT\r\n")
        codes += [client.reply()[:3] for _ in range(4)]
    assert codes == ["250", "501", "250", "354", "250", "250", "250", "221"]


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        (["EHLO x"], "500"),
        (["HELO x"], "500"),
        (["LHLO"], "501"),
        (["LHLO  "], "501"),
        (["MAIL FROM:<a@b.example>", "MAIL FROM:<a@b.example>"], "503"),
        (["RCPT TO:<a@b.example>"], "503"),
        (["DATA"], "503"),
        (["MAIL FROM:<a@b.example>", "DATA"], "503"),
        (["MAIL FROM:<a@b.example>", "RCPT TO:<a@b.example>", "RSET", "DATA"], "503"),
        (["MAIL FROM:<a@b.example>", "RSET", "MAIL FROM:<a@b.example>"], "250"),
        (["MAIL FROM:<a@b.example>", "RCPT TO:<a@b.example>", "LHLO x", "DATA"], "503"),
        (["MAIL FROM:<a@b.example>", "RCPT TO:<a@b.example>", "DATA now"], "501"),
        (["MAIL FROM:<a@b.example>", "RCPT TO:<>"], "501"),
        (["MAIL FROM:<a@b.example>", "RCPT TO:<postmaster>"], "501"),
        (["MAIL FROM:<a@b.example>", "RCPT TO:<a@b.example> NOTIFY=NEVER"], "555"),
        (["MAIL FROM:<a@b.example> RET=HDRS"], "555"),
        (["MAIL FROM:<a@b.example> BODY=BINARYMIME"], "501"),
        (["MAIL FROM:<a@b.example> SIZE=many"], "501"),
        (["MAIL FROM:<a@b.example> SIZE=²"], "501"),
        (["MAIL FROM:<a@b.example> SIZE=" + "9" * 20], "552"),
        (["MAIL FROM:<a@b.example> SIZE=" + "9" * 21], "501"),
        (["MAIL FROM:<a@b.example> SIZE=" + "9" * 500], "501"),
        (["MAIL TO:<a@b.example>"], "501"),
        (["MAIL FROM:<ærø@ø.example> SMTPUTF8", "RCPT TO:<bo@ø.example>"], "250"),
        (["VRFY anna"], "252"),
        (["noop"], "250"),
        (["mail from:<a@b.example> BODY=8bitmime", "rcpt to:<a@b.example>"], "250"),
        (["XFORWARD A=B"], "500"),
        (["RCPT TO:<" + "a" * 5000 + "@b.example>"], "500"),
        ([""], "500"),
    ],
)
def test_commands_out_of_place_or_shape(server: Running, lines: list[str], last: str) -> None:
    with server.client() as client:
        replies = [client.say(line) for line in lines]
        assert replies[-1][:3] == last
        assert client.say("NOOP").startswith("250"), "the connection lives on"


def test_before_the_greeting_there_is_no_mail_and_after_the_end_nothing(server: Running) -> None:
    with LmtpClient(server.path, greet=False) as client:
        for line in ("MAIL FROM:<a@b.example>", "RCPT TO:<a@b.example>", "DATA"):
            assert client.say(line).startswith("503")
        assert client.say("QUIT").startswith("221")
        assert client.reply() == ""


def test_a_client_that_speaks_something_else_is_sent_away(server: Running) -> None:
    with server.client() as client:
        replies = [client.say(f"GET /{number} HTTP/1.1") for number in range(MOST_FAULTS)]
        assert [reply[:3] for reply in replies[:-1]] == ["500"] * (MOST_FAULTS - 1)
        assert replies[-1].startswith("421")
        assert client.reply() == ""


def test_bytes_that_are_no_text_are_refused(server: Running) -> None:
    with server.client() as client:
        client.send(b"MAIL FROM:<\xff\xfe@b.example>\r\n")
        assert client.reply().startswith("500")


def test_a_thousand_recipients_are_taken_and_ten_thousand_are_not(server: Running) -> None:
    with server.client() as client:
        client.say("MAIL FROM:<a@b.example>")
        for at in range(0, MOST_RECIPIENTS, 100):
            client.send(b"".join(b"RCPT TO:<r%d@c.example>\r\n" % n for n in range(at, at + 100)))
            assert {client.reply()[:3] for _ in range(100)} == {"250"}
        assert client.say("RCPT TO:<one-more@c.example>").startswith("452 4.5.3")
        client.begin_data(b"x\r\n")
        assert {client.reply() for _ in range(MOST_RECIPIENTS)} == {"250 2.0.0 taken"}


def test_a_connection_that_breaks_in_the_data_hands_nothing_over_and_is_no_fault(
    server: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    client = server.client()
    client.envelope("a@b.example", ["c@d.example"])
    client.say("DATA")
    client.send(b"half a message\r\n")
    client.close()
    with server.client() as other:
        other.deliver("a@b.example", ["c@d.example"], b"whole\r\n")
    assert [delivery.content for delivery in server.agent.seen] == [b"whole\r\n"]
    assert capsys.readouterr().err == ""


def test_a_stop_lets_the_message_in_hand_finish_and_sends_idle_clients_away(tmp_path: Path) -> None:
    agent = Counter()
    server = Running(tmp_path / "lmtp.sock", agent)
    agent.hold.clear()
    with server.client() as busy, server.client() as idle:
        busy.envelope("a@b.example", ["c@d.example"])
        busy.begin_data(b"x\r\n")
        assert agent.has_one.wait(30)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        assert idle.reply().startswith("421 4.3.2")
        with socket.socket(socket.AF_UNIX) as late, pytest.raises((FileNotFoundError, ConnectionError)):
            late.connect(str(server.path))
        agent.hold.set()
        assert busy.reply() == "250 2.0.0 taken"
        assert busy.reply() == "", "closed after the reply"
        stopping.join(30)
    assert not server.path.exists()


def test_a_stop_waits_for_no_client_whose_messages_were_answered(tmp_path: Path) -> None:
    """Postfix keeps a connection open for a while, in case that another message comes."""
    server = Running(tmp_path / "lmtp.sock", Counter())
    with server.client() as client:
        assert client.deliver("a@b.example", ["c@d.example"], b"x\r\n") == ["250 2.0.0 taken"]
        assert server.stop(drain=60) == 0
        assert client.reply().startswith("421 4.3.2")


def test_who_is_one_too_many_is_told_so_and_comes_again(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segl_delivery.lmtp.server.MOST_SESSIONS", 1)
    with server.client() as first:
        with LmtpClient(server.path, greet=False) as second:
            assert second.greeting.startswith("421 4.3.2")
            assert second.reply() == ""
        assert first.deliver("a@b.example", ["c@d.example"], b"x\r\n") == ["250 2.0.0 taken"]
        first.say("QUIT")
        assert first.reply() == ""
    with server.client() as third:
        assert third.deliver("a@b.example", ["c@d.example"], b"x\r\n") == ["250 2.0.0 taken"]


def test_messages_of_a_known_size_take_no_more_of_the_budget_than_that(tmp_path: Path) -> None:
    agent = Counter()
    with running(tmp_path, agent, message_bytes=100_000, budget=100_000) as server:
        agent.hold.clear()
        with server.client() as first, server.client() as second:
            for client in (first, second):
                client.envelope("a@b.example", ["c@d.example"], "SIZE=3")
                client.begin_data(b"1\r\n")
            agent.hold.set()
            assert first.reply() == second.reply() == "250 2.0.0 taken"


def test_a_stop_breaks_off_what_takes_too_long_without_a_word(tmp_path: Path) -> None:
    agent = Counter()
    server = Running(tmp_path / "lmtp.sock", agent)
    agent.hold.clear()
    with server.client() as client:
        client.envelope("a@b.example", ["c@d.example"])
        client.begin_data(b"x\r\n")
        assert agent.has_one.wait(30)
        with ThreadPoolExecutor(1) as pool:
            stopping = pool.submit(server.stop, drain=0.1)
            said = client.reply()
            agent.hold.set()
        assert stopping.result() == 1
        assert not said.startswith("250")


def test_mail_beyond_the_budget_waits_its_turn(tmp_path: Path) -> None:
    agent = Counter()
    with running(tmp_path, agent, message_bytes=100_000, budget=100_000) as server:
        agent.hold.clear()
        with server.client() as first, server.client() as second:
            first.envelope("a@b.example", ["c@d.example"], "SIZE=90000")
            first.begin_data(b"1\r\n")
            second.envelope("a@b.example", ["c@d.example"], "SIZE=90000")
            second.send(b"DATA\r\n")
            second.sock.settimeout(0.2)
            with pytest.raises(TimeoutError):
                second.sock.recv(10)
            second.sock.settimeout(30)
            agent.hold.set()
            assert first.reply() == "250 2.0.0 taken"
            assert second.sock.recv(4) == b"354 "


def test_who_waits_too_long_for_his_turn_comes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one reply, to DATA: of the recipients nothing was asked yet."""
    monkeypatch.setattr(session, "BUDGET_SECONDS", 0.1)
    agent = Counter()
    with running(tmp_path, agent, message_bytes=100_000, budget=100_000) as server:
        agent.hold.clear()
        with server.client() as first, server.client() as second:
            first.envelope("a@b.example", ["c@d.example"])
            first.begin_data(b"1\r\n")
            second.envelope("a@b.example", ["c@d.example", "e@f.example"])
            assert second.say("DATA").startswith("451 4.3.1")
            agent.hold.set()
            assert first.reply() == "250 2.0.0 taken"
            assert second.deliver("a@b.example", ["c@d.example"], b"2\r\n") == ["250 2.0.0 taken"]


# The budget by itself


@given(st.lists(st.tuples(st.integers(1, 150), st.booleans()), max_size=20))
def test_the_budget_is_never_overdrawn_and_serves_in_order(wishes: list[tuple[int, bool]]) -> None:
    async def run() -> None:
        budget = ByteBudget(100)
        served: list[int] = []
        in_hand = 0

        async def one(number: int, size: int, gives_up: bool) -> None:
            nonlocal in_hand
            try:
                async with budget.reserve(size, 0.0 if gives_up else 10):
                    in_hand += min(size, 100)
                    assert in_hand <= 100
                    served.append(number)
                    await asyncio.sleep(0)
                    in_hand -= min(size, 100)
            except TimeoutError:
                assert gives_up

        await asyncio.gather(*(one(number, *wish) for number, wish in enumerate(wishes)))
        assert served == sorted(served)
        assert budget.held == 0
        assert {n for n, (_, gives_up) in enumerate(wishes) if not gives_up} <= set(served)

    asyncio.run(run())
