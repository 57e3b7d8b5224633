"""Pictures and tables of the declared machine, all made from `spec/power.yaml`.

A machine becomes a `Picture` (what is shown), and that is rendered: as SVG by a layout of our own, as Mermaid
or DOT for the layouts of others.  Tables are made from the machine itself, for they leave nothing out.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from powerfsm.spec.diagram.dot import dot
from powerfsm.spec.diagram.mermaid import mermaid
from powerfsm.spec.diagram.picture import extract
from powerfsm.spec.diagram.svg import svg
from powerfsm.spec.diagram.tables import reference, table
from powerfsm.spec.machine import Machine, Spec, load

MACHINES = ("node", "drive")

_RENDERERS: Mapping[str, Callable[[Machine], str]] = MappingProxyType(
    {
        "svg": lambda machine: svg(extract(machine)),
        "mermaid": lambda machine: mermaid(extract(machine)),
        "dot": lambda machine: dot(extract(machine)),
        "table": table,
    }
)
FORMATS = tuple(_RENDERERS)

_ENDINGS = {"svg": "svg", "mermaid": "mmd", "dot": "dot"}


def render(machine_name: str, fmt: str) -> str:
    """One machine as text.

    Args:
        machine_name: `node` or `drive` (`MACHINES`).
        fmt: `svg`, `mermaid`, `dot`, or `table` for Markdown (`FORMATS`).

    Raises:
        ValueError: Another name; the message lists those there are.
    """
    if fmt not in _RENDERERS:
        raise ValueError(f"there is no format {fmt!r}; choose one of {', '.join(FORMATS)}")
    return _RENDERERS[fmt](_machine(load(), machine_name))


def generated(spec: Spec) -> dict[str, str]:
    """The files of `spec/generated`, by name."""
    texts = {
        f"{name}.{ending}": _RENDERERS[fmt](_machine(spec, name))
        for name in MACHINES
        for fmt, ending in _ENDINGS.items()
    }
    return texts | {"machine.md": reference(spec)}


def _machine(spec: Spec, name: str) -> Machine:
    if name not in MACHINES:
        raise ValueError(f"there is no machine {name!r}; choose one of {', '.join(MACHINES)}")
    return spec.node if name == "node" else spec.drive


__all__ = ["FORMATS", "MACHINES", "generated", "render"]
