"""A network in memory: the transport's link without a socket, in whatever time trio keeps."""

import errno
from collections.abc import Callable
from dataclasses import dataclass, field

import trio

from powerfsm.ipmi.link import Address
from tiny_bmc import TinyBmc

Fate = Callable[[bytes], list[float]]
"""What becomes of a datagram: after how many seconds each of its copies arrives; none, and it is lost."""


def promptly(_datagram: bytes) -> list[float]:
    """Arrive once, after ten milliseconds."""
    return [0.01]


@dataclass
class MemoryNetwork:
    """BMCs by address, and what becomes of the datagrams between them and us.

    Attributes:
        bmcs: Who answers at which address; several names may lead to one BMC.
        names: Addresses by host name.
        fate_there: What becomes of a datagram on its way to a BMC.
        fate_back: What becomes of an answer.
        answer_from: Address that answers bear, where a BMC answers from another one than it was asked at.
        refuse: The error that sending ends in, or None.
        seen: Datagrams sent, with their destinations.
    """

    bmcs: dict[Address, TinyBmc] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    fate_there: Fate = promptly
    fate_back: Fate = promptly
    answer_from: dict[Address, Address] = field(default_factory=dict)
    refuse: OSError | None = None
    seen: list[tuple[bytes, Address]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._out, self._queue = trio.open_memory_channel[tuple[bytes, Address]](10_000)
        self._deliver: Callable[[bytes, Address], None] | None = None

    def add(self, host: str, bmc: TinyBmc | None = None, port: int = 623) -> TinyBmc:
        """Put a BMC at an address."""
        return self.bmcs.setdefault((host, port), bmc or TinyBmc())

    def inject(self, datagram: bytes, source: Address) -> None:
        """Let a datagram arrive at once, as if `source` had sent it."""
        assert self._deliver is not None, "nobody receives yet"
        self._deliver(datagram, source)

    async def resolve(self, host: str, port: int) -> Address:
        await trio.lowlevel.checkpoint()
        if not host[:1].isdigit() and host not in self.names:
            raise OSError(errno.ENOENT, "no such host")
        return self.names.get(host, host), port

    def send(self, datagram: bytes, to: Address) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.seen.append((datagram, to))
        self._out.send_nowait((datagram, to))

    async def run(self, deliver: Callable[[bytes, Address], None]) -> None:
        self._deliver = deliver
        async with trio.open_nursery() as nursery:
            async for datagram, to in self._queue:
                for delay in self.fate_there(datagram):
                    nursery.start_soon(self._arrive, nursery, delay, datagram, to)

    async def _arrive(self, nursery: trio.Nursery, delay: float, datagram: bytes, to: Address) -> None:
        await trio.sleep(delay)
        bmc = self.bmcs.get(to)
        for answer in bmc.receive(datagram) if bmc else ():
            for back in self.fate_back(answer):
                nursery.start_soon(self._return, back, answer, self.answer_from.get(to, to))

    async def _return(self, delay: float, answer: bytes, source: Address) -> None:
        await trio.sleep(delay)
        assert self._deliver is not None
        self._deliver(answer, source)
