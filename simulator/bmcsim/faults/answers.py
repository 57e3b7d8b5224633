"""What BMCs answer to commands instead of what they should."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, ClassVar

from bmcsim.faults.condition import Condition
from bmcsim.faults.fault import Fault, Parameter
from bmcsim.faults.point import Point, Step
from powerfsm.ipmi.wire.message import Response
from powerfsm.ipmi.wire.numbers import Completion

_CODE = Parameter("the completion code", low=0x01, high=0xFF, code=True)


@dataclass(frozen=True, slots=True)
class Refusal(Fault, ABC):
    """A command is answered with a completion code."""

    point: ClassVar[Point] = Point.COMMAND

    @abstractmethod
    def completion(self) -> int:
        """Return the completion code."""

    def carried_out(self) -> bool:
        """Whether the command is carried out all the same."""
        return False


@dataclass(frozen=True, slots=True)
class CompletionCode(Refusal):
    """A command is answered with a completion code of choice."""

    name: ClassVar[str] = "completion-code"
    symptom: ClassVar[str] = (
        "The client says it in its own words, tries again, or hides it: ipmipower prints nothing for C0h and D5h,"
        " and exits 0."
    )
    seen: ClassVar[str] = (
        "Every code of the specification has been met in the field: C3h, CEh, D3h, D5h and FFh after power"
        " commands, D1h for the length of a firmware update, C1h for a soft shutdown."
    )

    code: Annotated[int, _CODE] = Completion.UNSPECIFIED
    done: Annotated[bool, Parameter("the command is carried out all the same")] = False

    def completion(self) -> int:
        return self.code

    def carried_out(self) -> bool:
        return self.done


@dataclass(frozen=True, slots=True)
class Busy(Refusal):
    """The BMC says that it is busy."""

    name: ClassVar[str] = "busy"
    symptom: ClassVar[str] = (
        "`Node busy`; ipmipower prints nothing for a power command and exits 0 though nothing was done."
    )
    seen: ClassVar[str] = "C0h for seconds at a time, while the BMC polls its sensors or serves somebody else."

    def completion(self) -> int:
        return Completion.NODE_BUSY


@dataclass(frozen=True, slots=True)
class BusyAfterOrder(Refusal):
    """The BMC is busy for a while after each power command."""

    name: ClassVar[str] = "busy-after-order"
    symptom: ClassVar[str] = "The command is accepted, and the status query that should confirm it fails."
    seen: ClassVar[str] = "BMCs that answer C0h until the power sequencer has finished."
    steps: ClassVar[frozenset[Step]] = frozenset({Step.CHASSIS_STATUS, Step.CHASSIS_CONTROL})

    seconds: Annotated[float, Parameter("for how long", low=0, high=86400)] = 10.0

    def applies(self, condition: Condition, now: float) -> bool:
        return now - condition.ordered < self.seconds

    def completion(self) -> int:
        return Completion.NODE_BUSY


@dataclass(frozen=True, slots=True)
class BootingCode(Refusal):
    """While the host boots, its BMC answers with a completion code now and then."""

    name: ClassVar[str] = "booting-code"
    symptom: ClassVar[str] = "The status flaps between an answer and an error for a minute after power-on."
    seen: ClassVar[str] = (
        "FFh, and D2h on others, from power-on until the firmware of the host has done its self-test."
    )
    steps: ClassVar[frozenset[Step]] = frozenset({Step.CHASSIS_STATUS, Step.CHASSIS_CONTROL})

    code: Annotated[int, _CODE] = Completion.UNSPECIFIED
    seconds: Annotated[float, Parameter("how long after power-on", low=0, high=86400)] = 60.0

    def applies(self, condition: Condition, now: float) -> bool:
        return condition.on_for(now) < self.seconds

    def completion(self) -> int:
        return self.code


@dataclass(frozen=True, slots=True)
class NoCipherSuites(Refusal):
    """The BMC does not know Get Channel Cipher Suites."""

    name: ClassVar[str] = "no-cipher-suites"
    symptom: ClassVar[str] = "ipmitool without -C falls back to suite 3, where the BMC may want 17; -C helps."
    seen: ClassVar[str] = "BMCs of before IPMI 2.0 revision 1.1 that know RMCP+ but not command 54h."
    steps: ClassVar[frozenset[Step]] = frozenset({Step.CIPHER_SUITES})

    def completion(self) -> int:
        return Completion.INVALID_COMMAND


@dataclass(frozen=True, slots=True)
class Alteration(Fault, ABC):
    """An answer is not what it should be."""

    point: ClassVar[Point] = Point.COMMAND

    @abstractmethod
    def alter(self, response: Response, /) -> Response:
        """Return what is sent instead of a right answer."""


class Claim(StrEnum):
    """What a BMC says wrongly of its channel."""

    NO_IPMI_2 = "no-ipmi-2"
    """It speaks IPMI 1.5 only."""
    NO_USERS = "no-users"
    """There is no user of any kind."""
    ANONYMOUS = "anonymous"
    """There is only the anonymous user."""
    KG = "kg"
    """Kg is set where it is not, and not where it is."""


_USERS = 0x07
_ANONYMOUS = 0x01
_KG = 0x20
_IPMI_2 = 0x02


@dataclass(frozen=True, slots=True)
class WrongCapabilities(Alteration):
    """Get Channel Authentication Capabilities tells what is not so."""

    name: ClassVar[str] = "wrong-capabilities"
    symptom: ClassVar[str] = (
        "FreeIPMI says `username invalid`, `K_g invalid` or `IPMI 2.0 unavailable` and does not even try; its"
        " workaround `authcap` gets round all but the last."
    )
    seen: ClassVar[str] = "BMCs that deny their own users, Kg or IPMI 2.0 and take the login all the same."
    steps: ClassVar[frozenset[Step]] = frozenset({Step.AUTH_CAPABILITIES})

    says: Annotated[Claim, Parameter("what it says wrongly")] = Claim.NO_USERS

    def alter(self, response: Response) -> Response:
        if response.completion or len(response.data) < 4:
            return response
        data = bytearray(response.data)
        if self.says is Claim.NO_IPMI_2:
            data[1] &= 0x7F
            data[3] &= ~_IPMI_2 & 0xFF
        elif self.says is Claim.KG:
            data[2] ^= _KG
        else:
            data[2] = data[2] & ~_USERS & 0xFF | (_ANONYMOUS if self.says is Claim.ANONYMOUS else 0)
        return replace(response, data=bytes(data))


ANSWER_FAULTS = (CompletionCode, Busy, BusyAfterOrder, BootingCode, NoCipherSuites, WrongCapabilities)
"""All of them."""
