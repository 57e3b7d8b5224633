"""Reading a scenario file: every mistake at once, each with its line and with what was expected there."""

import difflib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bmcsim.dice import Span
from bmcsim.scenario.mistakes import Mistake, ScenarioError
from bmcsim.scenario.rules import UNFIT
from bmcsim.scenario.schema import Scenario
from bmcsim.scenario.text import Path as Place
from bmcsim.scenario.text import Text

_SECRETS = frozenset({"password", "kg", "token"})
_SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class ReadScenario:
    """A scenario that was read, and the text that it was read from.

    Attributes:
        scenario: What it says.
        text: Where what stands.
        directory: Where relative paths in it start from.
    """

    def __init__(self, scenario: Scenario, text: Text, directory: Path) -> None:
        """Keep the three together."""
        self.scenario = scenario
        self.text = text
        self.directory = directory


def read_scenario(path: Path) -> ReadScenario:
    """Read a scenario file.

    Raises:
        ScenarioError: It is none; with every mistake.
        OSError: It cannot be read.
    """
    return parse_scenario(path.read_bytes(), str(path), path.parent)


def parse_scenario(text: bytes, file: str, directory: Path) -> ReadScenario:
    """Read the text of a scenario.

    Args:
        text: YAML.
        file: What it is called in messages.
        directory: Where relative paths in it start from.

    Raises:
        ScenarioError: It is no scenario; with every mistake.
    """
    source = Text(text, file)
    try:
        scenario = Scenario.model_validate(source.value, by_alias=True, by_name=False)
    except ValidationError as error:
        raise ScenarioError(_mistakes(source, error)) from None
    return ReadScenario(scenario, source, directory)


@cache
def _schema() -> dict[str, Any]:
    document = Scenario.model_json_schema(by_alias=True, mode="validation")
    _tidy_defaults(document)
    return {"$schema": _SCHEMA_DIALECT, **document}


def json_schema() -> Mapping[str, Any]:
    """Return the JSON Schema of a scenario, for editors."""
    return _schema()


def _mistakes(source: Text, error: ValidationError) -> Iterator[Mistake]:
    for each in error.errors(include_url=False):
        place = (*each["loc"], each["ctx"]["parameter"]) if each["type"] == UNFIT else each["loc"]
        yield source.mistake(place, say(each, _schema()))


def say(error: ErrorDetails, schema: Mapping[str, Any]) -> str:
    """Say what is wrong and what was expected; what stands where a secret should is not repeated.

    Args:
        error: One of pydantic's.
        schema: The JSON Schema of what was read, for the keys that there are.
    """
    place, kind, message = error["loc"], error["type"], error["msg"]
    key = next((step for step in reversed(place) if isinstance(step, str)), "")
    if kind == "extra_forbidden":
        return _unknown(place, schema)
    if kind == "missing":
        return f"there is no {key}, expected one here"
    if kind == UNFIT:
        return message
    if kind == "value_error":
        said = message.removeprefix("Value error, ")
        return said if not key or said.startswith(key) else f"{key}: {said}"
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        return _unknown_fault(error)
    expected = message.replace("Input should be", "expected").replace("should have", "expected")
    if isinstance(error["input"], str | int | float) and not _SECRETS.intersection(place):
        return f"{key} is {error['input']!r}, {expected}"
    if isinstance(error["input"], dict | list):
        was = "a mapping" if isinstance(error["input"], dict) else "a list"
        return f"{key or 'the scenario'} is {was}, {expected}"
    return f"{key}: {expected}" if key else expected


def _unknown(place: Place, schema: Mapping[str, Any]) -> str:
    key, known = str(place[-1]), _keys_at(place[:-1], schema)
    close = difflib.get_close_matches(key, known, 1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    return f"there is no key {key!r} here{hint}, expected one of {', '.join(known)}"


def _unknown_fault(error: ErrorDetails) -> str:
    if error["type"] == "union_tag_not_found":
        return "there is no fault, expected the name of one: bmcsim list-faults has them"
    name = str(error["ctx"]["tag"])
    known = [tag.strip(" '") for tag in str(error["ctx"]["expected_tags"]).split(",")]
    close = difflib.get_close_matches(name, known, 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"there is no fault {name!r}{hint} (bmcsim list-faults has all {len(known)})"


def _keys_at(place: Place, schema: Mapping[str, Any]) -> list[str]:
    """Return the keys that a mapping may have, by the schema."""
    for node in _walk(place, schema, schema):
        if "properties" in node:
            return list(node["properties"])
    return []


def _walk(place: Place, node: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield every description of what is at `place` below `node`."""
    while "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    for choice in ("anyOf", "oneOf", "allOf"):
        for each in node.get(choice, ()):
            if place and (tag := _tag(each, schema)) is not None:
                if tag == place[0]:
                    yield from _walk(place[1:], each, schema)
            else:
                yield from _walk(place, each, schema)
    if not place:
        yield node
    elif isinstance(place[0], int):
        if "items" in node:
            yield from _walk(place[1:], node["items"], schema)
    elif place[0] in node.get("properties", {}):
        yield from _walk(place[1:], node["properties"][place[0]], schema)


def _tag(node: Mapping[str, Any], schema: Mapping[str, Any]) -> str | None:
    """Return the name of the fault that a description is for, or None."""
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    tag: str | None = node.get("properties", {}).get("fault", {}).get("const")
    return tag


def _tidy_defaults(node: Any) -> None:
    """Take out defaults that only say that a key may be left out, and write spans as a file has them."""
    if isinstance(node, dict):
        match node.get("default", ...):
            case None:
                del node["default"]
            case {"low": low, "high": high}:
                node["default"] = str(Span(low, high))
        for each in node.values():
            _tidy_defaults(each)
    elif isinstance(node, list):
        for each in node:
            _tidy_defaults(each)
