"""Pictures and tables of the declared machine, all made from `spec/power.yaml`.

A machine becomes a `Picture` (what is shown), whole or around one state, and the way that a node went may be
drawn into it.  That is rendered: as SVG by a layout of our own, as Mermaid or DOT for the layouts of others.
Tables are made from the machine itself, for they leave nothing out.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from powerfsm.spec.diagram.dot import dot
from powerfsm.spec.diagram.mermaid import mermaid
from powerfsm.spec.diagram.path import Path, drawn_into
from powerfsm.spec.diagram.picture import Picture
from powerfsm.spec.diagram.svg import svg
from powerfsm.spec.diagram.tables import path_table, reference, state_table, table
from powerfsm.spec.diagram.views import around, whole
from powerfsm.spec.machine import Machine, Spec, load

MACHINES = ("node", "drive")

_PICTURES: Mapping[str, Callable[[Picture], str]] = MappingProxyType({"svg": svg, "mermaid": mermaid, "dot": dot})
FORMATS = (*_PICTURES, "table")

_ENDINGS = {"svg": "svg", "mermaid": "mmd", "dot": "dot"}


def render(machine_name: str, fmt: str, *, state: str | None = None, went: Path | None = None) -> str:
    """One machine as text.

    Args:
        machine_name: `node` or `drive` (`MACHINES`).
        fmt: `svg`, `mermaid`, `dot`, or `table` for Markdown (`FORMATS`).
        state: Only this one with what is next to it; None: the whole machine.
        went: What a node did, to be drawn in (`powerfsm.spec.diagram.path`); as a table: this and nothing else.

    Raises:
        ValueError: Another name; the message lists those there are.
    """
    if fmt not in FORMATS:
        raise ValueError(f"there is no format {fmt!r}; choose one of {', '.join(FORMATS)}")
    machine = machine_of(load(), machine_name)
    if fmt in _PICTURES:
        picture = whole(machine) if state is None else around(machine, state)
        return _PICTURES[fmt](picture if went is None else drawn_into(picture, machine, went))
    if state is not None and went is None:
        return state_table(machine, state)
    return table(machine) if went is None else path_table(machine, went, state)


def generated(spec: Spec) -> dict[str, str]:
    """The files of `spec/generated`, by name."""
    texts = {
        f"{name}.{ending}": _PICTURES[fmt](whole(machine_of(spec, name)))
        for name in MACHINES
        for fmt, ending in _ENDINGS.items()
    }
    return texts | {"machine.md": reference(spec)}


def machine_of(spec: Spec, name: str) -> Machine:
    """The machine of that name.

    Raises:
        ValueError: Another name; the message lists those there are.
    """
    if name not in MACHINES:
        raise ValueError(f"there is no machine {name!r}; choose one of {', '.join(MACHINES)}")
    return spec.node if name == "node" else spec.drive


__all__ = ["FORMATS", "MACHINES", "generated", "machine_of", "render"]
