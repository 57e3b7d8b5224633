"""What the control API says and is told, as JSON."""

from typing import Annotated

from pydantic import BaseModel, Field, JsonValue

from bmcsim.bmc import Bmc
from bmcsim.deeds import Deed
from bmcsim.fleet import Fleet
from bmcsim.hardware import Power
from bmcsim.scenario.fields import Hostlist, Strict


class Address(BaseModel):
    """Where a door of a BMC is."""

    host: str
    port: int


class NodeAnswer(BaseModel):
    """One node, as it really is; what its BMC says may be something else."""

    name: str
    power: Power
    mains: Annotated[bool, Field(description="The plug is in.")]
    answering: Annotated[bool, Field(description="The BMC hears and answers.")]
    sessions: Annotated[int, Field(description="Sessions that are open.")]
    address: Annotated[Address | None, Field(description="Where its IPMI door is.")]
    redfish: Annotated[str | None, Field(description="The URL of its Redfish door, where it has one.")]

    @classmethod
    def of(cls, fleet: Fleet, bmc: Bmc) -> "NodeAnswer":
        """Return the answer about one node."""
        return cls.model_validate(_plain(fleet, bmc))


class SessionAnswer(BaseModel):
    """An open session."""

    id: int
    user: str
    source: Address


class NodeInFullAnswer(NodeAnswer):
    """One node, with its sessions."""

    open: list[SessionAnswer]

    @classmethod
    def of(cls, fleet: Fleet, bmc: Bmc) -> "NodeInFullAnswer":
        """Return the answer about one node."""
        open_sessions = [
            SessionAnswer(
                id=session.id,
                user="" if session.user is None else session.user.name,
                source=Address(host=session.source[0], port=session.source[1]),
            )
            for session in bmc.sessions
        ]
        return cls.model_validate({**_plain(fleet, bmc), "open": open_sessions})


def _plain(fleet: Fleet, bmc: Bmc) -> dict[str, object]:
    address = fleet.addresses.get(bmc.name)
    return {
        "name": bmc.name,
        "power": bmc.machine.power,
        "mains": bmc.machine.mains,
        "answering": bmc.answering,
        "sessions": sum(1 for _ in bmc.sessions),
        "address": None if address is None else Address(host=address[0], port=address[1]),
        "redfish": fleet.urls.get(bmc.name),
    }


class ActionBody(Strict):
    """Something that people or fate do."""

    do: Deed
    nodes: Annotated[Hostlist, Field(description="To which nodes: a hostlist.")]
    lasting: Annotated[
        float,
        Field(
            ge=0,
            allow_inf_nan=False,
            description="After how many seconds plug-out (0: never) or bmc-reboot is over.",
        ),
    ] = 0.0


class ActionAnswer(BaseModel):
    """What was done, to which nodes, and when on the log's clock."""

    do: Deed
    nodes: list[str]
    t: float


class FaultAnswer(BaseModel):
    """A rule in force."""

    id: int
    rule: Annotated[dict[str, JsonValue], Field(description="As a scenario has it, without secrets.")]
    struck: Annotated[int, Field(description="How often it has struck so far.")]


class HealthAnswer(BaseModel):
    """That it runs."""

    status: str
    bmcs: int
    events: Annotated[int, Field(description="How many there were so far; the last one's number.")]


class MistakeAnswer(BaseModel):
    """Why a request was refused."""

    detail: str
