"""Holding a source against the schema, and telling what does not fit in the words of the file.

pydantic knows what is wrong but not where it stands, and speaks of inputs and types; a reader of
`power.yaml` wants a line, a place and what to write there instead.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from powerfsm.spec import schema
from powerfsm.spec.source import Path, Source

_EXPECTED = {
    "dict_type": "a mapping",
    "finite_number": "a finite number of seconds",
    "float_type": "a number of seconds",
    "greater_than": "the number of a promise, 1 or more",
    "greater_than_equal": "0 seconds or more",
    "int_type": "the number of a promise",
    "list_type": "a list",
    "model_type": "a mapping",
    "string_type": "a word or a sentence",
    "too_short": "at least one branch",
}
# Where a path ends, what a string that is there but empty lacks.
_REASONS = {"ignore": "the reason why nothing happens", "reject": "the reason why it cannot be"}
_KEY = "[key]"
# Where in a location of pydantic's the tag of an outcome stands: machines.NAME.transitions.STATE.EVENT.TAG
_TAG = 5


def fit(source: Source) -> schema.File | None:
    """The file as models, or None where it does not fit; what does not is told to `source`."""
    try:
        return schema.File.model_validate(source.value)
    except ValidationError as error:
        told: set[tuple[int, int, str]] = set()
        for each in error.errors(include_url=False):
            path = _path(each["loc"], source.value)
            mark, text = source.mark(path), _text(path, dict(each))
            # What an anchor holds is wrong once, however many aliases repeat it.
            key = (*mark, text.removeprefix(_place(path)))
            if key not in told:
                told.add(key)
                source.tell(mark.line, text)
        return None


def _path(loc: tuple[str | int, ...], value: object) -> Path:
    """`loc` without what pydantic puts into it (the tags of a union), as far as it is in the file."""
    path: Path = ()
    for index, each in enumerate(loc):
        if index == _TAG and loc[2] == "transitions":
            continue
        try:
            value = value[each]  # type: ignore[index]  # what cannot be indexed ends the path
        except (KeyError, IndexError, TypeError):
            break
        path = (*path, each)
    return path


def _text(path: Path, error: dict[str, Any]) -> str:
    place, loc, value = _place(path), error["loc"], error["input"]
    last: str | int = loc[-1] if loc else ""
    kind: str = error["type"]
    if last == _KEY:
        return f'{place}: "{path[-1]}" is no name, expected lower-case words joined by hyphens'
    match kind:
        case "missing":
            return f'{place} has no "{last}", expected the keys {_keys(loc)}'
        case "extra_forbidden":
            return f"{place} is not known here, expected only {_keys(loc)}"
        case "string_pattern_mismatch" if str(value).strip():
            return f'{place} is "{value}", expected lower-case words joined by hyphens'
        case "string_pattern_mismatch":
            return f"{place} is empty, expected {_REASONS.get(str(last), 'what it is about')}"
        case "literal_error":
            return f"{place} is {_shown(value)}, expected {error['ctx']['expected']}"
        case "model_type" if len(path) == _TAG:
            return f"{place} is {_shown(value)}, expected a branch, a list of branches, ignore or reject"
        case _:
            return f"{place} is {_shown(value)}, expected {_EXPECTED.get(kind, error['msg'])}"


def _place(path: Path) -> str:
    words = [f"[{each + 1}]" if isinstance(each, int) else f".{each}" for each in path]
    return "".join(words).removeprefix(".") or "the file"


def _shown(value: object) -> str:
    match value:
        case None | "":
            return "empty"
        case Mapping():
            return "a mapping"
        case []:
            return "an empty list"
        case list():
            return "a list"
        case str():
            return f'"{value}"'
        case _:
            return str(value)


def _keys(loc: tuple[str | int, ...]) -> str:
    """The keys that the mapping may have in which pydantic found the last of `loc` wrong."""
    model: type[BaseModel]
    match loc[:-1]:
        case ():
            model = schema.File
        case ("timings", _):
            model = schema.Timing
        case ("rankings", _):
            model = schema.Ranking
        case ("machines",):
            model = schema.Machines
        case ("facts", _):
            model = schema.Fact
        case ("properties", _):
            model = schema.Property
        case ("properties", _, _):
            model = schema.LeadsTo
        case ("machines", _):
            model = schema.Machine
        case ("machines", _, "states", _):
            model = schema.State
        case ("machines", _, "events", _):
            model = schema.Event
        case ("machines", _, "effects", _):
            model = schema.Effect
        case ("machines", _, "transitions", _, _, "ignore"):
            model = schema.Ignore
        case ("machines", _, "transitions", _, _, "reject"):
            model = schema.Reject
        case _:
            model = schema.Branch
    return ", ".join(info.alias or name for name, info in model.model_fields.items())
