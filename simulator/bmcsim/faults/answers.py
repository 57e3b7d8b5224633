"""What BMCs answer to commands instead of what they should."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from bmcsim.faults.fault import Fault, Parameter
from bmcsim.faults.point import Point


@dataclass(frozen=True, slots=True)
class Refusal(Fault):
    """A command is answered with a completion code."""

    point: ClassVar[Point] = Point.COMMAND

    def completion(self) -> int:
        """Return the completion code."""
        raise NotImplementedError

    def carried_out(self) -> bool:
        """Whether the command is carried out all the same."""
        return False


@dataclass(frozen=True, slots=True)
class Busy(Refusal):
    """C0h."""

    name: ClassVar[str] = "busy"
    symptom: ClassVar[str] = (
        "ipmitool says `Node busy`; ipmipower prints nothing for a power command and exits 0 all the same."
    )
    seen: ClassVar[str] = "BMCs that answer C0h for seconds after a power command, or while sensors are polled."

    def completion(self) -> int:
        return 0xC0


@dataclass(frozen=True, slots=True)
class CompletionCode(Refusal):
    """Any completion code."""

    name: ClassVar[str] = "completion-code"
    symptom: ClassVar[str] = "The client reports the code in its own words, tries again, or hides it."
    seen: ClassVar[str] = (
        "Every code of the specification has been met; D5h, C3h and FFh after power commands above all."
    )

    code: Annotated[int, Parameter("the completion code", low=0x01, high=0xFF, code=True)] = 0xFF
    done: Annotated[bool, Parameter("the command is carried out all the same")] = False

    def completion(self) -> int:
        return self.code

    def carried_out(self) -> bool:
        return self.done
