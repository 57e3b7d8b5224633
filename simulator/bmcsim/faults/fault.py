"""What a fault is: a kind with a name, a symptom and parameters, and nothing that changes.

A kind of fault is a frozen dataclass.  Its class tells users what it is; its fields are its parameters, each
annotated with a `Parameter`.  What a fault has left behind in a BMC (`Condition`) is kept elsewhere, so one
object serves ten thousand of them.
"""

from collections.abc import Mapping
from dataclasses import Field, dataclass, fields
from enum import StrEnum
from typing import Annotated, Any, ClassVar, get_args, get_origin

from bmcsim.dice import Span
from bmcsim.faults.condition import Condition
from bmcsim.faults.point import STEPS, Point, Step


class FaultError(ValueError):
    """A fault or a rule that cannot be.

    Attributes:
        parameter: Which one is wrong, in kebab-case, or None where it is the whole.
    """

    def __init__(self, message: str, parameter: str | None = None) -> None:
        """Say what is wrong, and with which parameter."""
        super().__init__(message)
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Parameter:
    """What is to be known of one parameter of a fault.

    Attributes:
        about: What it does, without a full stop.
        low: Its lowest value, where it is a number.
        high: Its highest.
        code: It is a number of a protocol, better read in hexadecimal.
        secret: It is not to be shown.
        example: A value that documents show; its default where there is none.
    """

    about: str
    low: float | None = None
    high: float | None = None
    code: bool = False
    secret: bool = False
    example: object = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault; the classes of the catalogue derive from it.

    Attributes:
        name: What it is called in scenarios and logs, in kebab-case.
        point: Where it strikes.
        symptom: What the user of a client sees.
        seen: Where it comes from: what has been reported of real BMCs.
        steps: Where it makes sense; empty is every step of its point.
        by_clock: A rule that names no steps has it happen when its time begins, whether anybody asks or not.
    """

    name: ClassVar[str]
    point: ClassVar[Point]
    symptom: ClassVar[str]
    seen: ClassVar[str]
    steps: ClassVar[frozenset[Step]] = frozenset()
    by_clock: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse values that the parameters cannot have.

        Raises:
            FaultError: Which parameter, and what it may be.
        """
        for known, (kind, parameter) in parameters(type(self)).items():
            value = getattr(self, known.name)
            _check(kebab(known.name), value, kind, parameter)
        self.check()

    def check(self) -> None:
        """Refuse what the parameters cannot be together; see `__post_init__`."""

    @property
    def points(self) -> tuple[Point, ...]:
        """Where this one strikes: its kind's point, unless a parameter says otherwise."""
        return (self.point,)

    def applies(self, condition: Condition, now: float) -> bool:  # noqa: ARG002  what it may depend on
        """Return whether it can strike a BMC that is in this condition."""
        return True

    @classmethod
    def possible_steps(cls) -> frozenset[Step]:
        """Return the steps at which this kind can strike."""
        return cls.steps or STEPS[cls.point]


def kebab(name: str) -> str:
    """Write a field's name as scenarios have it."""
    return name.replace("_", "-")


def parameters(kind: type[Fault]) -> Mapping[Field[Any], tuple[Any, Parameter]]:
    """Return a kind's parameters: their fields, with their type and what is to be known of them."""
    found: dict[Field[Any], tuple[Any, Parameter]] = {}
    for known in fields(kind):
        assert get_origin(known.type) is Annotated, f"{kind.__name__}.{known.name} has no Parameter"
        typ, parameter = get_args(known.type)
        found[known] = (typ, parameter)
    return found


def read(name: str, value: object, kind: Any, parameter: Parameter) -> Any:
    """Turn what stands in a file into what a parameter of type `kind` holds.

    Raises:
        FaultError: It cannot be that.
    """
    if kind is Span:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            try:
                return Span.parse(str(value))
            except ValueError as error:
                raise FaultError(f"{name}: {error}", name) from None
    elif kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    elif kind is int and isinstance(value, str):
        return _read_code(name, value)
    elif isinstance(kind, type) and issubclass(kind, StrEnum) and isinstance(value, str | bool):
        # What YAML makes of an on or off without quotes.
        if isinstance(value, bool):
            value = "on" if value else "off"
        if value not in set(kind):
            raise FaultError(f"{name} is {value!r}; it can be {', '.join(kind)}", name)
        return kind(value)
    elif get_origin(kind) is frozenset:
        one = get_args(kind)[0]
        several = [value] if isinstance(value, str | bool) else value
        if not isinstance(several, list):
            raise FaultError(f"{name} is a list of {', '.join(one)}", name)
        return frozenset(read(name, each, one, parameter) for each in several)
    return value


def _read_code(name: str, text: str) -> int:
    """Read 192, 0xC0 or C0h."""
    try:
        return int(text[:-1], 16) if text[-1:] in {"h", "H"} else int(text, 0)
    except ValueError:
        raise FaultError(f"{name} is {text!r}; write a number such as 192, 0xC0 or C0h", name) from None


def _check(name: str, value: object, kind: Any, parameter: Parameter) -> None:
    if get_origin(kind) is frozenset:
        one = get_args(kind)[0]
        if not isinstance(value, frozenset) or not all(isinstance(each, one) for each in value):
            raise FaultError(f"{name} is {value!r}; it is a set of {', '.join(one)}", name)
        return
    wanted = (float, int) if kind is float else kind
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind is not bool):
        shown = "of another type" if parameter.secret else f"{value!r}"
        raise FaultError(f"{name} is {shown}; it is {_type_in_words(kind)}", name)
    if isinstance(value, int | float) and not _within(value, parameter):
        low, high = (_number(limit, parameter) for limit in (parameter.low, parameter.high))
        raise FaultError(f"{name} is {_number(value, parameter)}; it goes from {low} to {high}", name)


def _within(value: float, parameter: Parameter) -> bool:
    return (parameter.low is None or value >= parameter.low) and (
        parameter.high is None or value <= parameter.high
    )


def _number(value: float | None, parameter: Parameter) -> str:
    if value is None:
        return "anything"
    return f"{int(value):02X}h" if parameter.code else f"{value:g}"


def _type_in_words(kind: Any) -> str:
    if kind is Span:
        return "a span of seconds such as 3 or 0.5-2"
    if issubclass(kind, StrEnum):
        return "one of " + ", ".join(kind)
    return {float: "a number", int: "a whole number", bool: "true or false", str: "a text"}[kind]
