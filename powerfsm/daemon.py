"""The daemon: one process that owns a fleet, wired together and ended in order.

The order of the start is a promise too: the store is owned and loaded, the outstanding work is listed and taken
up, and only then does the API answer.  The end is its mirror: no new requests, every action in play fenced and
left durable, sessions closed, then the API, then the store.
"""

import json
import os
import resource
import signal
import socket
import time
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import structlog
import trio

from powerfsm import __version__, garbage, logbook
from powerfsm.actions import Workshop
from powerfsm.actions.limits import Limits
from powerfsm.actions.timings import Timings
from powerfsm.api import create_app
from powerfsm.api.access import read_tokens
from powerfsm.api.crowd import Room
from powerfsm.api.metrics import Commits
from powerfsm.api.server import served
from powerfsm.config import Configuration
from powerfsm.credentials import CredentialStore
from powerfsm.drivers import Driver
from powerfsm.drivers.ipmi import IpmiDriver, IpmiTimings
from powerfsm.ipmi.transport import Transport, open_transport
from powerfsm.lifecycle import in_charge
from powerfsm.registry.fleet import Fleet
from powerfsm.registry.registry import Registry
from powerfsm.secrets_file import SecretsFile
from powerfsm.spec import Spec, load
from powerfsm.store.store import open_store

log = structlog.get_logger(__name__)


class CannotListen(OSError):
    """The address of the API cannot be had."""


def serve(configuration: Configuration, *, ready_file: Path | None = None) -> int:
    """Run the daemon until SIGTERM or SIGINT; gives the exit code.

    Args:
        configuration: What it is told.
        ready_file: Written once requests are accepted: JSON with `url` and `pid`.

    Raises:
        StoreError: The database cannot be opened.
        ConfigurationError, SpecError: What it is told cannot be done.
        CannotListen: The address of the API cannot be had.
    """
    logbook.configure(configuration.log.format, configuration.log.level)
    if configuration.core_dumps == "none":
        _leave_no_core()
    trio.run(_run, configuration, ready_file)
    return 0


def _leave_no_core() -> None:
    """Have the process leave no core: the passwords of all BMCs would be in it.

    A limit of one byte keeps the kernel from making one at all; at 0 it would still hand one to a program that
    collects them (`do_coredump` in Linux' fs/coredump.c).
    """
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0 if hard == 0 else 1, hard))


async def _run(configuration: Configuration, ready_file: Path | None) -> None:
    spec = load(configuration.spec)
    configuration.check_timings(spec.timings)
    tokens = None if configuration.tokens is None else read_tokens(configuration.tokens)
    credentials = SecretsFile(configuration.credentials)
    with ExitStack() as stack:
        listening = stack.enter_context(_listen(configuration))
        async with open_store(configuration.database) as store, trio.open_nursery() as nursery:
            transport = stack.enter_context(open_transport(nursery))
            end = trio.Event()
            await nursery.start(_await_signals, end, nursery.cancel_scope)
            limits = Limits(configuration.limits.total, configuration.limits.per_group)
            drivers = _drivers(configuration, spec, credentials, transport)
            workshop = Workshop(spec, drivers, limits, time.time, configuration.timings.items())
            commits = Commits(store)
            registry = Registry(spec, commits, Fleet(await store.load()), workshop)
            garbage.expect_long_lives()
            async with in_charge(registry, workshop, _identity(spec)) as lifecycle:
                room = Room(*configuration.limits.room)
                app = create_app(
                    registry, store, tokens=tokens, drift=configuration.drift, commits=commits, room=room
                )
                url = _url(listening)
                # The server closes what it is given; ours is closed by whoever bound it.
                async with served(app, listening.dup(), room.connections):
                    if ready_file is not None:
                        _announce(ready_file, url)
                    log.info("daemon.ready", url=url, nodes=len(registry.nodes))
                    lifecycle.start_sweeping()
                    await end.wait()
                    await lifecycle.end()
            nursery.cancel_scope.cancel()
    log.info("daemon.ended")


async def _await_signals(
    end: trio.Event,
    everything: trio.CancelScope,
    *,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Ask for an orderly end at the first signal; at a second one wait for nothing but fences that have begun."""
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        task_status.started()
        async for number in signals:
            name = signal.Signals(number).name
            if end.is_set():
                log.warning("daemon.hurried", signal=name)
                everything.cancel()
            else:
                log.info("daemon.ending", signal=name)
                end.set()


def _drivers(
    configuration: Configuration, spec: Spec, credentials: CredentialStore, transport: Transport
) -> dict[str, Driver]:
    timings = Timings.of(spec.timings, configuration.timings.items())
    patience = IpmiTimings(timings.answer, timings.retransmit, timings.fence)
    drivers: dict[str, Driver] = {"ipmi": IpmiDriver(transport, credentials, patience)}
    if find_spec("pyghmi") is not None:
        from powerfsm.drivers.pyghmi import PyghmiDriver  # noqa: PLC0415 (an optional dependency)

        drivers["pyghmi"] = PyghmiDriver(credentials)
    return drivers


def _listen(configuration: Configuration) -> socket.socket:
    """Bind the address of the API before anything else is touched."""
    family = socket.AF_INET6 if ":" in configuration.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listening.bind((configuration.host, configuration.port))
    except OSError as error:
        listening.close()
        raise CannotListen(
            f"cannot listen on {configuration.listen}: {error.strerror}; is another daemon running? "
            "choose another address with --listen"
        ) from error
    return listening


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _identity(spec: Spec) -> dict[str, object]:
    return {"version": __version__, "pid": os.getpid(), "spec": spec.digest}


def _announce(ready_file: Path, url: str) -> None:
    """Write the ready file in one step: whoever sees it sees all of it."""
    draft = ready_file.with_name(f"{ready_file.name}.{os.getpid()}")
    draft.write_text(json.dumps({"url": url, "pid": os.getpid()}) + "\n", encoding="utf-8")
    draft.replace(ready_file)
