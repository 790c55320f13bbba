"""Whether the milter that runs is on its guard, before `segl install` lets in servers that many organisations share.

The networks of ``[postfix.gateway] microsoft`` go into mynetworks, and Postfix's new processes read that at once. Who
else is Microsoft's customer is then kept from sending through here by segl-milter alone (``segl_milter.gateway``), and
one that was not reloaded knows nothing of them. So it is asked first, as Postfix would ask it.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path

from segl.errors import ProtocolError
from segl.postfix import sockets
from segl.postfix.gateway import as_postfix
from segl.postfix.refusals import Refusal
from segl.postfix.running import Instance, split_list
from segl.settings.document import Settings

# Nobody has such an address (RFC 6761 section 6.4).
_STRANGER, _OUTSIDE = "segl-install@stranger.invalid", "segl-install@outside.invalid"
_REFUSED = "550 5.7.1 "


def unguarded(settings: Settings, front: Instance) -> Iterator[Refusal]:
    """What speaks against putting the shared networks into *front*'s mynetworks now. A milter that does not run is no
    reason: mail waits for it, and it starts with the settings as they are."""
    before = split_list(front.value("mynetworks"))
    for network in settings.postfix.gateway.microsoft:
        if as_postfix(network) not in before and (fault := _fault(settings.milter.socket, network)):
            yield Refusal(
                f"segl-milter is not on its guard against other organisations in {network}: {fault}",
                "as soon as mynetworks has these addresses, any customer of Microsoft could send through here",
                "systemctl reload segl-milter; when its journal says `reloaded`, run this again",
            )
            return


def _fault(milter: Path, network: str) -> sockets.SocketFault:
    """Why a stranger in *network* might not be refused; none when he is, or when nobody takes anything."""
    client = str(ip_network(network)[-1])

    def ask(sock: socket.socket) -> None:
        if not sockets.milter_refusal(sock, client, _STRANGER, _OUTSIDE).startswith(_REFUSED):
            raise ProtocolError("it would take their mail")

    def asked() -> None:
        with suppress(FileNotFoundError, ConnectionRefusedError):
            sockets.unix(milter, ask)

    return sockets.fault_of(asked)
