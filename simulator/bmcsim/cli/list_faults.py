"""`bmcsim list-faults`: every fault there is, as a table or as JSON."""

import json
from enum import StrEnum
from typing import Annotated, Any, get_args, get_origin

import typer
from rich.console import Console
from rich.table import Table

from bmcsim.dice import Span
from bmcsim.faults import CATALOGUE, Fault
from bmcsim.faults.fault import kebab, parameters

_TYPES = {int: "integer", float: "number", bool: "boolean", str: "text"}


def list_faults(
    as_json: Annotated[bool, typer.Option("--json", help="Print everything about them as JSON.")] = False,
) -> None:
    """List the faults that a scenario can have: name, point, parameters with defaults, and what users see.

    Example:  bmcsim list-faults --json | jq '.[] | select(.point == "order")'
    """
    if as_json:
        typer.echo(json.dumps([described(kind) for kind in CATALOGUE.values()], indent=1))
        return
    table = Table("fault", "strikes", "parameters", "what users see", show_lines=True, header_style="bold")
    for kind in CATALOGUE.values():
        keys = [f"{kebab(each.name)}: {_written(each.default)}" for each in parameters(kind)]
        table.add_row(kind.name, kind.point, "\n".join(keys), kind.symptom)
    Console().print(table, markup=False)


def described(kind: type[Fault]) -> dict[str, object]:
    """Return everything that is to be known of a kind of fault."""
    return {
        "fault": kind.name,
        "point": kind.point.value,
        "steps": sorted(step.value for step in kind.possible_steps()),
        "symptom": kind.symptom,
        "seen": kind.seen,
        "parameters": {
            kebab(each.name): {
                "about": parameter.about,
                "type": _type_name(hint),
                "default": None if parameter.secret else _plain(each.default),
                **({"minimum": parameter.low} if parameter.low is not None else {}),
                **({"maximum": parameter.high} if parameter.high is not None else {}),
            }
            for each, (hint, parameter) in parameters(kind).items()
        },
    }


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(map(str, value))
    return value if isinstance(value, bool | int | float) else str(value)


def _written(value: object) -> str:
    plain = _plain(value)
    if isinstance(plain, list):
        return f"[{', '.join(plain)}]"
    return json.dumps(plain) if isinstance(plain, bool) else str(plain)


def _type_name(hint: Any) -> str:
    if hint is Span:
        return "seconds"
    if get_origin(hint) is frozenset:
        return f"list of {_type_name(get_args(hint)[0])}"
    if issubclass(hint, StrEnum):
        return "|".join(hint)
    return _TYPES[hint]
