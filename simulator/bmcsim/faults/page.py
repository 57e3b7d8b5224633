"""Writes docs/faults.md out of the catalogue: `python -m bmcsim.faults.page > docs/faults.md`."""

from collections.abc import Iterator
from dataclasses import MISSING
from enum import StrEnum
from typing import Any, Final, get_args, get_origin

from bmcsim.dice import Span
from bmcsim.faults.catalogue import CATALOGUE
from bmcsim.faults.fault import Fault, Parameter, kebab, parameters
from bmcsim.faults.point import IPMI_STEPS, STEPS, Point, Step

_HEAD: Final = """\
# Faults

What real BMCs, and the networks in front of them, do wrong; each can be switched on in `bmcsim`.  This page is
generated from the catalogue (`python -m bmcsim.faults.page`); `bmcsim list-faults` shows the same in a terminal.

## How to switch one on

In a scenario, as a list of rules:

```yaml
nodes: n[1-10]
faults:
  - {fault: busy, nodes: "n[1-3]", steps: [chassis-control], probability: 0.1, since: 10, until: 60, times: 3}
```

In Python, for as long as a block lasts, or until it is removed:

```python
from bmcsim import Fleet, Rule
from bmcsim.faults import Busy, Drop

fleet = Fleet.of("n[1-10]")
with fleet.faults.on(Busy(), nodes="n1", steps={"chassis-control"}, times=3):
    ...
rule = fleet.faults.add(Rule(Drop(), nodes="n[2-4]", probability=0.2))
fleet.faults.remove(rule)
```

A rule says when its fault strikes:

| | | by default |
|---|---|---|
| `nodes` | a hostlist of the nodes that have it | all |
| `steps` | what the client has to be doing | every step at which the fault makes sense |
| `probability` | how likely it is each time, 0 to 1 | 1 |
| `since`, `until` | from when until when, in seconds since the fleet's start | always |
| `times` | how often at most, for each node | without end |

Rules are tried in their order, the dice are thrown from the fleet's seed and the node's name, and each strike
is in the event log as `fault` with the fault's name as `kind`.  `fleet.faults.struck(rule)` tells how often a
rule has struck.

## Steps

Rules choose by what a client is doing, whether it can be read on the wire or not:

"""

_BY_CLOCK: Final = (
    "- A rule without `steps` has it happen once, at its `since`; one with steps, whenever a client gets there.\n"
)

_ABOUT: Final = {
    Point.ARRIVING: (
        "The network",
        "Faults of a datagram on its way; those with `way` strike on the way there, back, or both.",
    ),
    Point.LOGIN: ("Logins", "Faults of the messages that open a session."),
    Point.SESSION: ("Sessions", "Faults of ids, of sequence numbers, and of the end of a session."),
    Point.COMMAND: ("Answers to commands", "Faults of IPMI commands, in a session or outside of any."),
    Point.ORDER: (
        "Power orders",
        "What becomes of a power order that was accepted, whichever door it came in by.",
    ),
    Point.READING: ("Power readings", "What the BMC says about the power, over IPMI and Redfish."),
    Point.LIFE: ("The BMC itself", "Faults of the BMC as a whole."),
    Point.HTTP: ("Redfish", "Faults of the Redfish door."),
}


def page() -> str:
    """Return the page, in Markdown."""
    return _HEAD + "".join(_steps()) + "".join(_sections())


def _steps() -> Iterator[str]:
    for point in _ABOUT:
        title = _ABOUT[point][0]
        listed = ", ".join(f"`{step}`" for step in Step if step in STEPS[point])
        yield f"- {title}: {listed}\n"


def _sections() -> Iterator[str]:
    for point, (title, about) in _ABOUT.items():
        yield f"\n## {title}\n\n{about}\n"
        for kind in CATALOGUE.values():
            if kind.point is point:
                yield from _section(kind)


def _section(kind: type[Fault]) -> Iterator[str]:
    what = (kind.__doc__ or "").partition("\n")[0]
    yield f"\n### {kind.name}\n\n{what}\n\n- Symptom: {kind.symptom}\n- Reported: {kind.seen}\n"
    if kind.steps == IPMI_STEPS:
        yield "- Steps: all of IPMI\n"
    elif kind.steps == STEPS[kind.point]:
        yield "- Steps: all\n"
    elif kind.steps:
        yield "- Steps: " + ", ".join(f"`{step}`" for step in Step if step in kind.steps) + "\n"
    if kind.by_clock:
        yield _BY_CLOCK
    known = parameters(kind)
    if known:
        yield "\n| parameter | | by default |\n|---|---|---|\n"
    for one, (typ, parameter) in known.items():
        about = parameter.about + _range(typ, parameter)
        yield f"| `{kebab(one.name)}` | {about} | {_default(one.default, parameter)} |\n"
    yield f"\n```yaml\n{_in_yaml(kind)}\n```\n\n```python\n{_in_python(kind)}\n```\n"


def _range(typ: Any, parameter: Parameter) -> str:
    if isinstance(typ, type) and issubclass(typ, StrEnum):
        return f" ({', '.join(typ)})"
    if get_origin(typ) is frozenset:
        return f" ({', '.join(get_args(typ)[0])})"
    if parameter.low is None or parameter.high is None:
        return ""
    return f" ({_value(parameter.low, parameter)} to {_value(parameter.high, parameter)})"


def _default(value: object, parameter: Parameter) -> str:
    assert value is not MISSING, "every parameter of a fault has a default"
    if parameter.secret:
        return "one of its own"
    return f"`{_value(value, parameter)}`"


def _value(value: object, parameter: Parameter) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, frozenset):
        return f"[{', '.join(sorted(value))}]"
    if isinstance(value, int | float):
        return f"{int(value):02X}h" if parameter.code else f"{value:g}"
    return str(value)


def _example(kind: type[Fault]) -> tuple[str, object, Parameter] | None:
    """Return the parameter that an example shows, and its value: one of the kind's own, where it has any."""
    shown = [(one, about) for one, (_, about) in parameters(kind).items() if not about.secret]
    own = [(one, about) for one, about in shown if one.name in kind.__annotations__]
    for one, about in own or shown:
        return one.name, one.default if about.example is None else about.example, about
    return None


def _in_yaml(kind: type[Fault]) -> str:
    said = [f"fault: {kind.name}", 'nodes: "n[1-10]"']
    shown = _example(kind)
    if shown is not None:
        name, value, parameter = shown
        said.append(f"{kebab(name)}: {_value(value, parameter)}")
    return "- {" + ", ".join(said) + "}"


def _in_python(kind: type[Fault]) -> str:
    given, shown = "", _example(kind)
    if shown is not None:
        name, value, parameter = shown
        given = f"{name}={_in_code(value, parameter)}"
    return f'fleet.faults.on({kind.__name__}({given}), nodes="n[1-10]")'


def _in_code(value: object, parameter: Parameter) -> str:
    if isinstance(value, Span):
        return f"Span({value.low:g}, {value.high:g})"
    if isinstance(value, StrEnum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, int) and parameter.code:
        return f"0x{value:02X}"
    if isinstance(value, frozenset):
        return "frozenset({" + ", ".join(_in_code(one, parameter) for one in sorted(value)) + "})"
    return repr(value)


if __name__ == "__main__":
    print(page(), end="")
