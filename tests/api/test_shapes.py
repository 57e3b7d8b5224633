"""What is answered has the shape that is documented."""

import time
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from api_house import House
from powerfsm.api import answers, rendering
from powerfsm.bmc import Bmc
from powerfsm.journal import Entry, Kind
from powerfsm.node import Drift, Node, Policy
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Command, Desired, Power
from powerfsm.store.batch import SessionInUse

FULL = Node(
    "n1",
    Bmc("10.0.0.1", 623, "rack1", 17, "operator"),
    Policy("ipmi", Drift.ADOPT, "latest-wins", "r1", (("settle", 5.0),)),
    state="error",
    desired=Desired.READY,
    generation=3,
    observed=Power.OFF,
    observed_at=1.5,
    drifted=True,
    in_play=7,
    waiting=8,
    trouble="why",
)
ENDED = Operation(7, "n1", Ask.SOFT_OFF, 3, Status.FAILED, 1.25, "ci", 1, True, "why", 2.0)


@pytest.mark.parametrize(
    ("rendered", "model"),
    [
        (rendering.node(FULL), answers.NodeAnswer),
        (rendering.node(Node("n1", Bmc("b"))), answers.NodeAnswer),
        (rendering.operation(ENDED), answers.OperationAnswer),
        (
            rendering.operation(Operation(1, "n", Ask.ON, 1, Status.WAITING, 0.0)),
            answers.OperationAnswer,
        ),
        (
            rendering.entry(
                Entry(1, 2.5, Kind.TRANSITION, "n1", "request", 7, 3, "on", "off", {"ask": Ask.ON, "at": [1]})
            ),
            answers.EntryAnswer,
        ),
        (rendering.entry(Entry(1, 2.5, Kind.DAEMON, None, "started")), answers.EntryAnswer),
        (rendering.session(SessionInUse("n", 1, Command.ON, 1.0)), answers.SessionAnswer),
        (rendering.session(SessionInUse("n", 1, None, 1.0)), answers.SessionAnswer),
    ],
)
def test_a_record_is_written_as_documented(rendered: dict[str, object], model: type[BaseModel]) -> None:
    assert list(rendered) == list(model.model_fields)
    read = model.model_validate_json(rendering.text(rendered))
    assert read.model_dump(mode="json") == rendered


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1772366400.25, "2026-03-01T12:00:00.250Z"),
        (1772366400.9999, "2026-03-01T12:00:00.999Z"),
    ],
)
def test_times_are_in_utc_with_milliseconds(seconds: float, text: str) -> None:
    assert rendering.time(seconds) == text


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1/nodes", answers.NodesAnswer),
        ("/v1/nodes/n1", answers.NodeAnswer),
        ("/v1/operations", answers.OperationsPageAnswer),
        ("/v1/operations/1", answers.OperationAnswer),
        ("/v1/recovery", answers.RecoveryAnswer),
        ("/healthz", answers.HealthAnswer),
        ("/readyz", answers.ReadyAnswer),
        ("/v1/version", answers.VersionAnswer),
    ],
)
async def test_a_route_answers_as_documented(
    path: str, model: type[BaseModel], daemon: House, client: httpx.AsyncClient
) -> None:
    await daemon.add("n1", "n2")
    await daemon.done("n1")
    daemon.driver.reading.shut()
    await daemon.ask("n2")
    answer = await client.get(path)
    model.model_validate_json(answer.content)
    documented = (await client.get("/openapi.json")).json()["paths"]
    known = next(
        known
        for known in documented
        if known in (path, path.rpartition("/")[0] + "/{name}", path.rpartition("/")[0] + "/{id}")
    )
    schema: dict[str, Any] = documented[known]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema["$ref"].endswith(f"/{model.__name__}")


def test_a_storm_of_operations_is_written_at_once() -> None:
    operations = [Operation(number, f"r1n{number}", Ask.ON, 1, Status.IN_PLAY, 1e9) for number in range(10_000)]
    begun = time.process_time()
    text = rendering.text([rendering.operation(operation) for operation in operations])
    # A generous multiple of what it takes (50 ms): this fails where it has become a different kind of work.
    assert time.process_time() - begun < 5
    assert len(text) > 1_000_000


def test_a_time_is_cut_to_milliseconds_and_never_rounded_up() -> None:
    assert rendering.time(1_795_000_000.9999998) == "2026-11-18T11:06:40.999Z"
