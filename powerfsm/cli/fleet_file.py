"""The file that `powerfsm nodes import` reads: a list of what `POST /v1/nodes` takes.

Only its shape is judged here, with the line; what the members mean is the daemon's to judge, so that a file
cannot be right for one and wrong for the other.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from json import dumps
from pathlib import Path

import yaml


class FleetFileError(ValueError):
    """The file is not a list of nodes; says where and why."""


@dataclass(frozen=True, slots=True)
class FleetEntry:
    """One entry of the file.

    Attributes:
        place: File and line, for messages.
        names: A hostlist, or a list of names.
        bmc: As `POST /v1/nodes` takes it.
        policy: Likewise.
    """

    place: str
    names: str | list[str]
    bmc: Mapping[str, object]
    policy: Mapping[str, object]


def read_fleet_file(file: Path) -> list[FleetEntry]:
    """The entries of a fleet file; `-` reads standard input.

    Raises:
        FleetFileError: It cannot be read, is no YAML, or has another shape.
    """
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise FleetFileError(f"{file} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise FleetFileError(f"{file} is not YAML: {error}") from error
    if not isinstance(document, dict) or set(document) != {"nodes"} or not isinstance(document["nodes"], list):
        raise FleetFileError(f"{file}: expected `nodes:` with a list below it, and nothing else")
    lines = _lines(tree)
    return [_entry(f"{file}:{line}", item) for line, item in zip(lines, document["nodes"], strict=True)]


def _lines(tree: yaml.Node | None) -> list[int]:
    """The line of each item below `nodes`, counted from 1."""
    if not isinstance(tree, yaml.MappingNode) or not isinstance(tree.value[0][1], yaml.SequenceNode):
        raise FleetFileError("expected `nodes:` with a list below it")
    return [item.start_mark.line + 1 for item in tree.value[0][1].value]


def _entry(place: str, item: object) -> FleetEntry:
    if not isinstance(item, dict):
        raise FleetFileError(f"{place}: expected `names`, `bmc` and perhaps `policy`")
    unknown = set(item) - {"names", "bmc", "policy"}
    if unknown:
        named = ", ".join(sorted(map(repr, unknown)))
        raise FleetFileError(f"{place}: {named} is not known here; expected `names`, `bmc` and perhaps `policy`")
    names, bmc, policy = item.get("names"), item.get("bmc"), item.get("policy", {})
    if isinstance(names, list) and not all(isinstance(name, str) for name in names):
        raise FleetFileError(f"{place}: `names` has something else than texts in its list; put quotes around it")
    if not isinstance(names, str | list) or not names:
        raise FleetFileError(f"{place}: `names` must be a hostlist such as r1n[01-40], or a list of names")
    if not isinstance(bmc, dict):
        raise FleetFileError(f"{place}: `bmc` must have at least a `host`")
    if not isinstance(policy, dict):
        raise FleetFileError(f"{place}: `policy` must be a mapping")
    try:
        dumps([bmc, policy])
    except (TypeError, ValueError) as error:
        raise FleetFileError(
            f"{place}: a value is neither text nor number ({error}); put quotes around it"
        ) from error
    # A bare `off` or `on` is a boolean to YAML; no member of either means one, so the daemon refuses it.
    return FleetEntry(place, names, bmc, policy)
