"""Running a fleet from the command line, until somebody ends it."""

import json
import os
import signal
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket
from types import MappingProxyType

import trio
from rich.console import Console

from bmcsim.cli.places import places
from bmcsim.datagrams import Datagrams
from bmcsim.fleet import Fleet
from bmcsim.redfish.sockets import opened
from bmcsim.serve import bound
from bmcsim.sessions import Address
from bmcsim.tally import Tally
from bmcsim.view import Watch, view_for
from bmcsim.view.screen import keep_showing


@dataclass(frozen=True, slots=True)
class Control:
    """Where the control API is, and what its callers bring.

    Attributes:
        host: Address.
        port: Port; 0 is any that is free.
        token: The token, or None.
    """

    host: str
    port: int
    token: str | None = field(default=None, repr=False)


def run_fleet(
    fleet: Fleet,
    tally: Tally,
    where: Mapping[str, Address],
    *,
    redfish: Mapping[str, Address] = MappingProxyType({}),
    tls: Collection[str] = (),
    ready_file: Path | None = None,
    announce: Callable[[Fleet, str | None], object],
    duration: float | None = None,
    datagrams: bool = False,
    control: Control | None = None,
    view: bool = False,
) -> None:
    """Serve a fleet until SIGINT, SIGTERM or the end of its time.

    Args:
        fleet: Whom.
        tally: What its events pass through.
        where: Node to the address of its IPMI door.
        redfish: Node to the address of its Redfish door, of those that have one.
        tls: Those of them whose URL begins with https.
        ready_file: Written once everything is bound, removed at the end.
        announce: Gives what is written into it, as JSON, for the fleet and the URL of the control API.
        duration: Seconds until it ends by itself, or None.
        datagrams: Write datagrams into the log, too.
        control: The control API, or None.
        view: Show on standard error how things stand.

    Raises:
        OSError: An address cannot be bound, or a file cannot be written.
    """
    if ready_file is not None:
        ready_file.unlink(missing_ok=True)
    if datagrams:
        fleet.tap = Datagrams(tally)
    with ExitStack() as stack:
        door = None if control is None else stack.enter_context(_control_door(control))
        doors = [stack.enter_context(bound(fleet, where))]
        doors.extend(
            stack.enter_context(opened(fleet, at, tls=secure))
            for secure in (False, True)
            if (at := {name: place for name, place in redfish.items() if (name in tls) is secure})
        )
        if ready_file is not None:
            told = announce(fleet, None if door is None else _url(door))
            stack.enter_context(_announced(told, ready_file))
        console = Console(stderr=True)
        for line in places(fleet):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        if door is not None:
            console.print(f"bmcsim: control API at {_url(door)}", markup=False, highlight=False, soft_wrap=True)
        try:
            trio.run(_serve, fleet, tally, doors, duration, control, door, console if view else None)
        except* OSError as group:
            raise _first(group) from None


async def _serve(
    fleet: Fleet,
    tally: Tally,
    doors: Sequence[Callable[[], Awaitable[None]]],
    duration: float | None,
    control: Control | None,
    door: socket | None,
    console: Console | None,
) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:
            for answer in doors:
                nursery.start_soon(answer)
            if console is not None:
                nursery.start_soon(keep_showing, view_for(console), Watch(fleet, tally))
            if control is not None and door is not None:
                nursery.start_soon(_serve_control, fleet, tally, control, door)
            with trio.move_on_after(float("inf") if duration is None else duration):
                await anext(aiter(signals))
            nursery.cancel_scope.cancel()


async def _serve_control(fleet: Fleet, tally: Tally, control: Control, door: socket) -> None:
    # Without a control API nobody waits for an HTTP framework to be imported.
    from bmcsim.control import control_app, serving  # noqa: PLC0415

    async with serving(control_app(fleet, tally, control.token), door):
        await trio.sleep_forever()


@contextmanager
def _control_door(control: Control) -> Iterator[socket]:
    from bmcsim.control.serving import listening  # noqa: PLC0415  see above

    with listening(control.host, control.port) as door:
        yield door


def _url(door: socket) -> str:
    from bmcsim.control.serving import url_of  # noqa: PLC0415  see above

    return url_of(door)


@contextmanager
def _announced(told: object, ready_file: Path) -> Iterator[None]:
    """Have the ready file tell; whole, or not there."""
    draft = ready_file.with_name(f"{ready_file.name}.{os.getpid()}")
    draft.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    draft.replace(ready_file)
    try:
        yield
    finally:
        ready_file.unlink(missing_ok=True)


def _first(group: BaseExceptionGroup[OSError]) -> OSError:
    """Return the first error in a group of groups."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
