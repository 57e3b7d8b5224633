"""Plans in files: what broke a promise is kept, read by people, and played again."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from powerfsm.simulation.plan import Plan


class PlanUnreadable(ValueError):
    """That file holds no plan; says what is wrong with it."""


def write_plan(plan: Plan, path: Path) -> None:
    """Write a plan as JSON, without what is as it would be anyway.

    Raises:
        OSError: It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(plan_text(plan), encoding="utf-8")


def plan_command(path: Path) -> str:
    """The command that plays a plan again."""
    return shlex.join(["powerfsm", "simulate", str(path)])


def plan_text(plan: Plan) -> str:
    """The plan as JSON, the same for the same plan; what is as it would be anyway is left out."""
    told = plan.model_dump(mode="json", exclude_defaults=True)
    if plan.deeds:
        # What a deed is is a default, too, and cannot be left out.
        told["deeds"] = [
            {"do": deed.do} | deed.model_dump(mode="json", exclude_defaults=True) for deed in plan.deeds
        ]
    return _folded(told) + "\n"


def read_plan(path: Path) -> Plan:
    """Read a plan that was kept.

    Raises:
        PlanUnreadable: It holds none.
        OSError: It cannot be read.
    """
    try:
        return Plan.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first, *others = error.errors(include_url=False)
        where = ".".join(map(str, first["loc"]))
        more = f" (and {len(others)} more)" if others else ""
        raise PlanUnreadable(
            f"{path} is not a plan: {f'{where}: ' if where else ''}{first['msg']}{more}"
        ) from error


def _folded(told: Mapping[str, Any]) -> str:
    """JSON with a line for each node, fault and deed."""
    parts = []
    for name, value in told.items():
        if isinstance(value, list):
            lines = ",\n".join(f"    {json.dumps(each)}" for each in value)
            parts.append(f"  {json.dumps(name)}: [\n{lines}\n  ]")
        else:
            parts.append(f"  {json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}"
