"""The shapes of answers, for the OpenAPI document (`powerfsm.api.rendering` writes them)."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from powerfsm.node import Drift
from powerfsm.operation import Status
from powerfsm.power import Ask, Desired, Power

Time = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
        description="RFC 3339, UTC, milliseconds.",
        examples=["2026-03-01T12:00:00.250Z"],
    ),
]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BmcAnswer(_Answer):
    """Where a BMC is, and how to log in to it."""

    host: Annotated[str, Field(examples=["10.0.0.1"])]
    port: Annotated[int, Field(examples=[623])]
    credentials: Annotated[str, Field(description="The name of credentials.", examples=["rack1"])]
    cipher_suite: Annotated[int | None, Field(description="Null: 17, then 3.", examples=[17])]
    privilege: Annotated[str, Field(examples=["administrator"])]


class PolicyAnswer(_Answer):
    """How a node is treated."""

    driver: Annotated[str, Field(examples=["ipmi"])]
    drift: Drift
    ranking: Annotated[str, Field(examples=["off-outranks-on"])]
    group: Annotated[str | None, Field(description="Rack or feed with an inrush limit.", examples=["rack1"])]
    timings: Annotated[dict[str, float], Field(description="Seconds by name.", examples=[{"settle": 5.0}])]


class NodeAnswer(_Answer):
    """One machine as it stands after the last commit."""

    name: Annotated[str, Field(examples=["r1n01"])]
    state: Annotated[str, Field(description="A state of the machine `node`.", examples=["on"])]
    desired: Annotated[Desired | None, Field(description="What was asked for last.")]
    generation: Annotated[int, Field(description="Grows with each change of desired.", examples=[3])]
    observed: Annotated[Power | None, Field(description="What the BMC was last read to say.")]
    observed_at: Time | None
    drifted: Annotated[bool, Field(description="The last reading contradicted what was declared.")]
    in_play: Annotated[int | None, Field(description="Id of the operation in play.", examples=[17])]
    waiting: Annotated[int | None, Field(description="Id of the operation that waits.", examples=[None])]
    trouble: Annotated[str | None, Field(description="Why the state is `error`.", examples=[None])]
    bmc: BmcAnswer
    policy: PolicyAnswer


class NodesAnswer(_Answer):
    """One page of nodes, by name."""

    nodes: list[NodeAnswer]
    next: Annotated[str | None, Field(description="The `after` of the next page.", examples=["r1n40"])]


class AddedAnswer(_Answer):
    """What was added."""

    added: Annotated[int, Field(examples=[40])]
    names: Annotated[str, Field(description="A hostlist.", examples=["r1n[01-40]"])]


class ChangedAnswer(_Answer):
    """What was changed."""

    changed: Annotated[int, Field(examples=[40])]
    names: Annotated[str, Field(description="A hostlist.", examples=["r1n[01-40]"])]


class OperationAnswer(_Answer):
    """The handle of an accepted request."""

    id: Annotated[int, Field(examples=[17])]
    node: Annotated[str, Field(examples=["r1n01"])]
    ask: Ask
    generation: Annotated[int, Field(description="That this request made.", examples=[3])]
    status: Annotated[Status, Field(description="`succeeded`, `superseded` and `failed` are ends.")]
    asked_at: Time
    asked_by: Annotated[str, Field(description="Name of the token, or `local`.", examples=["ci"])]
    reason: Annotated[str | None, Field(description="Why it ended as it did.", examples=[None])]
    ended_at: Time | None


class OperationsAnswer(_Answer):
    """Operations in the order of the request."""

    operations: list[OperationAnswer]


class OperationsPageAnswer(_Answer):
    """One page of operations, newest first."""

    operations: list[OperationAnswer]
    next: Annotated[int | None, Field(description="The `before` of the next page.", examples=[17])]


class WaitedAnswer(_Answer):
    """Which of the operations have ended."""

    ended: list[OperationAnswer]
    pending: Annotated[list[int], Field(description="To be asked for again.", examples=[[18, 19]])]


class EntryAnswer(_Answer):
    """One entry of the journal: the data of an event."""

    seq: Annotated[int, Field(examples=[1042])]
    at: Time
    kind: Annotated[str, Field(examples=["transition"])]
    node: Annotated[str | None, Field(examples=["r1n01"])]
    event: Annotated[str, Field(examples=["confirmed"])]
    operation: Annotated[int | None, Field(examples=[17])]
    generation: Annotated[int | None, Field(examples=[3])]
    before: Annotated[str | None, Field(examples=["powering-on"])]
    after: Annotated[str | None, Field(examples=["on"])]
    detail: dict[str, Any]


class SessionAnswer(_Answer):
    """A BMC session that was not shown to be closed."""

    id: Annotated[int, Field(examples=[4711])]
    command: Annotated[str | None, Field(description="For which it was opened; null: only to read.")]
    opened_at: Time


class OutstandingAnswer(_Answer):
    """A node with work outstanding."""

    name: Annotated[str, Field(examples=["r1n01"])]
    state: Annotated[str, Field(examples=["quarantined"])]
    desired: Desired | None
    generation: Annotated[int, Field(examples=[4])]
    observed: Power | None
    observed_at: Time | None
    in_play: OperationAnswer | None
    waiting: OperationAnswer | None
    trouble: str | None
    sessions: list[SessionAnswer]


class RecoveryAnswer(_Answer):
    """The recovery listing."""

    ready: Annotated[bool, Field(description="All outstanding work is taken up.")]
    accepting: Annotated[bool, Field(description="Power requests are accepted.")]
    nodes: list[OutstandingAnswer]


class HealthAnswer(_Answer):
    """The process lives."""

    status: Literal["ok"]


class ChecksAnswer(_Answer):
    """What readiness rests on."""

    recovery: bool
    store: bool
    accepting: bool


class ReadyAnswer(_Answer):
    """The daemon is ready."""

    status: Literal["ready"]
    checks: ChecksAnswer


class VersionAnswer(_Answer):
    """What runs here."""

    name: Literal["powerfsm"]
    version: Annotated[str, Field(examples=["0.1.0"])]
    api: Literal["v1"]
