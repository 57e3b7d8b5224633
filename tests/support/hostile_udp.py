"""Things on the network that are no decent BMC, on real UDP sockets of the loopback.

Each is a function that is told a datagram and gives what to answer; `answering` puts it on a socket.
`Eavesdropper` stands before a real BMC, hears all, and lets an accomplice speak first.
"""

import socket
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from random import Random

import trio

from powerfsm.ipmi.wire import WireError, datagram
from powerfsm.ipmi.wire.handshake import OpenSessionRequest, OpenSessionResponse
from powerfsm.ipmi.wire.numbers import PayloadType, Status
from powerfsm.ipmi.wire.packet import Packet
from tiny_bmc import TinyBmc

Address = tuple[str, int]
Answers = Callable[[bytes], Iterable[bytes]]


@contextmanager
def udp_socket(host: str) -> Generator[socket.socket]:
    """A socket on a port that the kernel chooses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.bind((host, 0))
        try:
            yield sock
        finally:
            trio.lowlevel.notify_closing(sock)


@contextmanager
def answering(nursery: trio.Nursery, host: str, answers: Answers) -> Generator[Address]:
    """Answer at `host`; gives the address."""
    with udp_socket(host) as sock:

        def answer(data: bytes, source: Address) -> None:
            for each in answers(data):
                sock.sendto(each, source)

        nursery.start_soon(receive, sock, answer)
        yield sock.getsockname()


async def receive(sock: socket.socket, take: Callable[[bytes, Address], None]) -> None:
    """Hand over each datagram that comes, until the socket is closed."""
    while True:
        try:
            await trio.lowlevel.wait_readable(sock)
            data, source = sock.recvfrom(2048)
        except BlockingIOError:
            continue
        except (trio.ClosedResourceError, OSError):
            return
        take(data, source)


def noise(seed: int) -> Answers:
    """Answer with a handful of datagrams of random bytes, some of which begin as RMCP does."""
    random = Random(seed)

    def answers(_: bytes) -> list[bytes]:
        beginnings = (b"", b"\x06\x00\xff", b"\x06\x00\xff\x07", b"\x06\x00\xff\x07\x06")
        return [random.choice(beginnings) + random.randbytes(random.randrange(1400)) for _ in range(5)] + [b""]

    return answers


def cut_short(bmc: TinyBmc) -> Answers:
    """Answer what a real BMC would, each answer without its last bytes."""
    return lambda data: [answer[:-3] for answer in bmc.receive(data)]


class Eavesdropper:
    """Stands before a BMC as a network does, passes everything on, and lets an accomplice speak before the BMC.

    Attributes:
        heard: Datagrams of the BMC, as they were passed on.
        console_ids: Ids by which the console has its sessions with this BMC.
        forged: How many datagrams the accomplice has sent into those sessions.
    """

    def __init__(self, bmc: Address, accomplice: socket.socket) -> None:
        self.heard: list[bytes] = []
        self.console_ids: set[int] = set()
        self.forged = 0
        self._bmc = bmc
        self._accomplice = accomplice
        self._console: Address | None = None
        self._tag = 0

    @contextmanager
    def standing(self, nursery: trio.Nursery, host: str) -> Generator[Address]:
        """Stand at `host`; gives the address at which the BMC is now to be had."""
        with udp_socket(host) as front, udp_socket(host) as back:

            def from_console(data: bytes, source: Address) -> None:
                self._console = source
                self._learn(data)
                back.sendto(data, self._bmc)

            def from_bmc(data: bytes, _: Address) -> None:
                assert self._console is not None
                for forgery in self.forgeries(data):
                    self._accomplice.sendto(forgery, self._console)
                    self.forged += 1
                self.heard.append(data)
                front.sendto(data, self._console)

            nursery.start_soon(receive, front, from_console)
            nursery.start_soon(receive, back, from_bmc)
            yield front.getsockname()

    def forgeries(self, genuine: bytes) -> list[bytes]:
        """What the accomplice says for the BMC: the very answer, a changed one, and refusals of the login."""
        changed = genuine[:-1] + bytes((genuine[-1] ^ 1,))
        refusals = [
            Packet(
                PayloadType.OPEN_SESSION_RESPONSE,
                OpenSessionResponse(self._tag, Status.INSUFFICIENT_RESOURCES, console_id).encode(),
            ).encode()
            for console_id in self.console_ids
        ]
        in_session = [
            Packet(PayloadType.IPMI, bytes(16), console_id, 1).encode() for console_id in self.console_ids
        ]
        return [genuine, changed, *refusals, *in_session]

    def _learn(self, data: bytes) -> None:
        try:
            packet = datagram.decode(data)
            if isinstance(packet, Packet) and packet.payload_type == PayloadType.OPEN_SESSION_REQUEST:
                opening = OpenSessionRequest.decode(packet.payload)
                self._tag = opening.tag
                self.console_ids.add(opening.console_id)
        except WireError:
            return
