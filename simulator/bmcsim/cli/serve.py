"""`bmcsim serve`: a fleet on real UDP, until somebody ends it."""

import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from bmcsim.cli import options
from bmcsim.cli.failure import fail
from bmcsim.cli.running import run_fleet
from bmcsim.dice import Span
from bmcsim.events import FileLog, NoLog
from bmcsim.fleet import Fleet, expand
from bmcsim.machine import Hardware, Power, SoftOff
from bmcsim.network import Network, Way
from bmcsim.profile import DEFAULT_PASSWORD, DEFAULT_USER, Profile, SequenceCheck, User
from bmcsim.serve import on_ports
from bmcsim.sessions import Address
from bmcsim.tally import Tally
from powerfsm.ipmi.wire.numbers import Privilege
from powerfsm.ipmi.wire.suites import SUITES


def serve(
    nodes: options.Nodes = "n1",
    host: options.Host = "127.0.0.1",
    hosts: options.Hosts = None,
    port: options.Port = None,
    username: options.Username = DEFAULT_USER,
    privilege: options.Privilege = options.Limit.ADMINISTRATOR,
    password_env: options.PasswordEnv = options.PASSWORD_VARIABLE,
    password_file: options.PasswordFile = None,
    kg_env: options.KgEnv = None,
    kg_file: options.KgFile = None,
    suites: options.Suites = "3,17",
    slots: options.Slots = 4,
    idle_timeout: options.IdleTimeout = 60.0,
    sequence_check: options.SequenceCheck = SequenceCheck.STRICT,
    power: options.Power = Power.OFF,
    boot_delay: options.BootDelay = "0",
    off_delay: options.OffDelay = "0",
    latch: options.Latch = "0",
    soft_off: options.SoftOff = "0",
    loss: options.Loss = 0.0,
    duplicate: options.Duplicate = 0.0,
    duplicate_lag: options.DuplicateLag = "0-1",
    delay: options.Delay = "0",
    delayed: options.Delayed = 1.0,
    fault: options.Faults = None,
    seed: options.Seed = 0,
    log: options.Log = None,
    ready_file: options.ReadyFile = None,
) -> None:
    """Serve simulated BMCs until SIGINT or SIGTERM.

    Try one with:  ipmitool -I lanplus -H 127.0.0.1 -p PORT -U admin -P password power status

    FreeIPMI drops the port in its output, so give each BMC an address of its own there (--addresses).
    """
    try:
        user = User(
            username,
            _secret(password_env, password_file) or DEFAULT_PASSWORD,
            Privilege[privilege.name],
        )
        profile = Profile(
            hardware=_hardware(power, boot_delay, off_delay, latch, soft_off),
            users=(user,),
            kg=_secret(kg_env, kg_file).encode(),
            suites=_suites(suites),
            slots=slots,
            idle_timeout=idle_timeout,
            sequence_check=sequence_check,
        )
        late = _span("--delay", delay)
        way = Way(
            loss=loss,
            duplicate=duplicate,
            duplicate_lag=_span("--duplicate-lag", duplicate_lag),
            delayed=delayed if late.high else 0.0,
            delay=late,
        )
        names = expand(nodes)
        where = _addresses(names, host, hosts, port)
        with closing(Tally(NoLog() if log is None else FileLog(log))) as tally:
            fleet = Fleet(dict.fromkeys(names, profile), network=Network.alike(way), seed=seed, log=tally)
            _add_faults(fleet, fault or [])
            run_fleet(fleet, tally, where, ready_file=ready_file, announce=_places)
    except (ValueError, OSError) as error:
        fail(str(error))


def _add_faults(fleet: Fleet, faults: list[str]) -> None:
    if faults:
        # The models of all faults take a while to be made, for which a fleet without any need not wait.
        from bmcsim.cli.fault_option import read_fault  # noqa: PLC0415

        for each in faults:
            fleet.faults.add(read_fault(each))


def _places(fleet: Fleet, _: str | None) -> object:
    return {name: {"host": host, "port": port} for name, (host, port) in fleet.addresses.items()}


def _addresses(names: list[str], host: str, hosts: str | None, port: int | None) -> Mapping[str, Address]:
    if hosts is None:
        return on_ports(names, host, port or 0)
    listed = expand(hosts)
    if len(listed) != len(names):
        raise ValueError(f"--addresses has {len(listed)} addresses for {len(names)} nodes")
    one_port = options.IPMI_PORT if port is None else port
    return {name: (address, one_port) for name, address in zip(names, listed, strict=True)}


def _hardware(power: Power, boot_delay: str, off_delay: str, latch: str, soft_off: str) -> Hardware:
    honoured = soft_off not in (SoftOff.IGNORED, SoftOff.UNSUPPORTED)
    return Hardware(
        boot_delay=_span("--boot-delay", boot_delay),
        off_delay=_span("--off-delay", off_delay),
        latch=_span("--latch", latch),
        soft_off=SoftOff.HONOURED if honoured else SoftOff(soft_off),
        soft_off_delay=_span("--soft-off", soft_off) if honoured else Span.of(0),
        power=power,
    )


def _span(option: str, text: str) -> Span:
    try:
        return Span.parse(text)
    except ValueError as error:
        raise ValueError(f"{option}: {error}") from None


def _suites(text: str) -> tuple[int, ...]:
    known = {str(number): number for number in SUITES}
    try:
        return tuple(known[part.strip()] for part in text.split(","))
    except KeyError as error:
        raise ValueError(f"--suites: there is no cipher suite {error}, only {', '.join(known)}") from None


def _secret(variable: str | None, file: Path | None) -> str:
    """Return a secret from a file's first line or an environment variable; empty where it has neither."""
    if file is not None:
        lines = file.read_text(encoding="utf-8").splitlines()
        if not lines or not lines[0]:
            raise ValueError(f"{file}: its first line is empty, there is no secret in it")
        return lines[0]
    return os.environ.get(variable, "") if variable else ""
