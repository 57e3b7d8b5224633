"""What the judge reads: event logs and claims files, both JSON lines."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bmcsim.events import Event
from bmcsim.machine import Power


class UnreadableError(ValueError):
    """A log or claims file is not what it should be, so there is no verdict."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a requester says.

    Attributes:
        t: When, in seconds on the log's clock.
        node: About which node.
        power: What was asked for, or declared.
        declared: Success was told; otherwise a request was made.
        id: Which request it is, or which one it answers; or None.
        way: How the request wanted it: `cycle`, `reset`, ...; or None.
    """

    t: float
    node: str
    power: Power
    declared: bool
    id: str | None = None
    way: str | None = None


def read_events(path: Path) -> Iterator[Event]:
    """Read an event log.

    Raises:
        UnreadableError: A line is no event.
        OSError: The file cannot be read.
    """
    for number, event in _read_lines(path):
        if not isinstance(event.get("event"), str):
            raise UnreadableError(f"{path}:{number}: has no event")
        yield event


def read_claims(path: Path) -> Iterator[Claim]:
    """Read a claims file.

    Raises:
        UnreadableError: A line is no claim.
        OSError: The file cannot be read.
    """
    for number, line in _read_lines(path):
        try:
            yield _claim(line)
        except ValueError as error:
            raise UnreadableError(f"{path}:{number}: {error}") from None


def _read_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                record = json.loads(line)
            except ValueError as error:
                raise UnreadableError(f"{path}:{number}: is not JSON ({error})") from None
            if not (
                isinstance(record, dict)
                and isinstance(record.get("t"), int | float)
                and isinstance(record.get("node"), str)
            ):
                raise UnreadableError(f"{path}:{number}: has no time t in seconds, or no node")
            yield number, record


def _claim(line: Mapping[str, Any]) -> Claim:
    kinds = [kind for kind in ("asked", "declared") if kind in line]
    if len(kinds) != 1:
        raise ValueError("a claim has either asked or declared")
    try:
        power = Power(line[kinds[0]])
    except ValueError:
        raise ValueError(f"{kinds[0]} is {line[kinds[0]]!r}, not on or off") from None
    claim_id = line.get("id")
    return Claim(
        float(line["t"]),
        line["node"],
        power,
        declared=kinds == ["declared"],
        id=None if claim_id is None else str(claim_id),
        way=line.get("way"),
    )
