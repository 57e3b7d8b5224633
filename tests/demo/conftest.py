"""Fixtures: a requester before an API that can be made to fail at any point."""

import json
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest

from accepting_api import AcceptingApi
from powerfsm.client import Client
from powerfsm.demo.claims import Claims
from powerfsm.demo.storm import Gate, Storm

ReadClaims = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def api() -> AcceptingApi:
    """An API that accepts everything."""
    return AcceptingApi()


@pytest.fixture
def gate() -> Gate:
    """The daemon is there."""
    gate = Gate()
    gate.open()
    return gate


@pytest.fixture
async def storm(api: AcceptingApi, gate: Gate, tmp_path: Path) -> AsyncGenerator[Storm]:
    """Requesters for n1 to n4."""
    with Claims(tmp_path / "claims.jsonl") as claims:
        async with Client("http://127.0.0.1:1", transport=api) as client:
            yield Storm(client, ["n1", "n2", "n3", "n4"], claims, gate, seed=1)


@pytest.fixture
def read_claims(storm: Storm, tmp_path: Path) -> ReadClaims:
    """Reads what was claimed so far."""

    def read() -> list[dict[str, Any]]:
        storm.claims.flush()
        return [json.loads(line) for line in (tmp_path / "claims.jsonl").read_text().splitlines()]

    return read
