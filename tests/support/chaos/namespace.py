"""A network of our own, which has nothing but a loopback interface: what the kernel loses there is nobody else's.

The whole program runs in it (`unshare --net`), daemon, BMCs and requesters alike.  Loss and delay are then the
kernel's: netem, where the kernel has it (tc-netem(8)), and a rule of nftables that drops at random (nft(8),
`numgen random`) where not.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

OURS = "POWERFSM_CHAOS_NAMESPACE"
"""Set in the environment of a program that runs in a network of its own."""

_NETEM = ["tc", "qdisc", "add", "dev", "lo", "root", "netem"]
_WEATHER = ["delay", "20ms", "20ms", "25%", "loss", "10%", "duplicate", "5%", "reorder", "20%", "50%"]
_TABLE = "powerfsm-chaos"
_LOSS = 15
"""Percent of UDP datagrams that nftables drops."""


def prefix() -> list[str] | None:
    """What has to stand before a command to run it in a network of its own; None where that cannot be had."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "ip"))):
        return None
    command = ["unshare", "--net", "env", f"{OURS}=1"]
    return command if _works([*command, "ip", "link", "set", "lo", "up"]) else None


def is_ours() -> bool:
    """Whether this program runs in a network of its own."""
    return OURS in os.environ


def set_up() -> None:
    """Have the loopback interface of a new network work."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


@cache
def no_netem() -> str | None:
    """Why the kernel cannot do netem; None where it can."""
    if shutil.which("tc") is None:
        return "tc is not installed (Debian package iproute2)"
    begin = prefix()
    if begin is None:
        return "only root can make a network namespace"
    command = " ".join([*_NETEM, *_WEATHER])
    if not _works([*begin, "sh", "-c", f"ip link set lo up && {command}"]):
        return "this kernel has no netem (module sch_netem)"
    return None


@cache
def no_nftables() -> str | None:
    """Why the kernel cannot drop datagrams at random by a rule; None where it can."""
    if shutil.which("nft") is None:
        return "nft is not installed (Debian package nftables)"
    begin = prefix()
    if begin is None:
        return "only root can make a network namespace"
    if not _works([*begin, "nft", _rules()]):
        return "this kernel has no nftables that drop at random"
    return None


@contextmanager
def netem() -> Iterator[str]:
    """Have the kernel lose, delay, copy and reorder what passes; only in a network of our own."""
    assert is_ours()
    subprocess.run([*_NETEM, *_WEATHER], check=True)
    try:
        yield f"netem ({' '.join(_WEATHER)})"
    finally:
        subprocess.run(["tc", "qdisc", "del", "dev", "lo", "root"], check=True)


@contextmanager
def nftables() -> Iterator[str]:
    """Have the kernel lose datagrams on their way in, so that no sender notices; only in a network of our own."""
    assert is_ours()
    subprocess.run(["nft", _rules()], check=True)
    try:
        yield f"nftables (drops {_LOSS} % of all datagrams)"
    finally:
        subprocess.run(["nft", "delete", "table", "inet", _TABLE], check=True)


def _rules() -> str:
    chain = "{ type filter hook input priority 0; }"
    return (
        f"add table inet {_TABLE}; add chain inet {_TABLE} in {chain};"
        f" add rule inet {_TABLE} in meta l4proto udp numgen random mod 100 < {_LOSS} drop"
    )


def _works(command: list[str]) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
