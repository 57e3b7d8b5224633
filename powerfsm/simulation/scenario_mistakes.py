"""What is wrong with a scenario's file, in words: where it stands, and what was expected there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from powerfsm.spec.mistakes import SpecError
from powerfsm.spec.source import Source, take_apart


class ScenarioError(ValueError):
    """A scenario that cannot be played.  As a string: one mistake a line, each with where it stands."""


@dataclass(frozen=True, slots=True)
class Read:
    """A scenario's file, taken apart.

    Attributes:
        source: Its values, and where each stands.
        value: The mapping that it is.
    """

    source: Source
    value: dict[str, Any]


def source(file: Path) -> Read:
    """Read a file.

    Raises:
        ScenarioError: It cannot be read, or is no mapping in YAML.
    """
    try:
        text = file.read_bytes()
    except OSError as error:
        raise ScenarioError(f"{file}: cannot be read: {error.strerror}") from None
    try:
        read = take_apart(text, str(file))
    except SpecError as error:
        said = str(error).replace("expected version, timings and machines", "expected `about`, `shows` and more")
        raise ScenarioError(said) from None
    if read.mistakes:
        raise ScenarioError(str(SpecError(read.mistakes)))
    if not isinstance(read.value, dict):
        raise ScenarioError(f"{file}:1: not a mapping, expected keys such as `about: what happens`")
    return Read(read, read.value)


def mistake(read: Read, error: Mapping[str, Any], model: type[BaseModel]) -> str:
    """One mistake that pydantic has found, as a line.

    Args:
        read: The file.
        error: What pydantic says of it.
        model: What the file is to be.
    """
    path = tuple(_written(error["loc"], read.value))
    where = f"{read.source.file}:{read.source.mark(path).line}"
    return f"{where}: {_text(error, path, model)}"


def _written(loc: tuple[str | int, ...], value: Any) -> Iterator[str | int]:
    """The part of pydantic's path that stands in the file: without its marks of keys and of alternatives."""
    for each in loc:
        match value:
            case dict() if each in value:
                value = value[each]
            case list() if isinstance(each, int) and each < len(value):
                value = value[each]
            case dict() if each != "[key]":
                # It is missing: the line will be that of the mapping.
                yield each
                return
            case _:
                return
        yield each


_EXPECTED = {
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "finite_number": "a number",
    "string_type": "a text",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "mapping_type": "a mapping such as {busy: 2, drop: 1}",
    "tuple_type": "a list, such as [1, 5]",
    "too_short": "a list that is not empty",
    "string_too_short": "a text that is not empty",
    "string_pattern_mismatch": "a name of small letters, digits and dashes",
}


def _text(error: Mapping[str, Any], path: tuple[str | int, ...], model: type[BaseModel]) -> str:
    place = ".".join(map(str, path)) or "the file"
    context = error.get("ctx", {})
    match error["type"]:
        case "missing" if error["loc"] and isinstance(error["loc"][-1], int):
            return f"{place} has too few items, expected two numbers, the smaller one first, such as [1, 5]"
        case "missing":
            return f"{place} is missing, expected {_about(path, model)}"
        case "too_long":
            expected = "two numbers, the smaller one first, such as [1, 5]"
        case "extra_forbidden":
            return f"{place} is not known here, expected one of {', '.join(_keys(path, model))}"
        case "enum" | "literal_error":
            expected = f"one of {context['expected']}"
        case "greater_than_equal":
            expected = f"{context['ge']:g} or more"
        case "greater_than":
            expected = f"more than {context['gt']:g}"
        case "less_than_equal":
            expected = f"{context['le']:g} or less"
        case "value_error":
            expected = str(context["error"])
        case kind:
            expected = _EXPECTED.get(kind, str(error["msg"]))
    return f"{place} is {_shown(error['input'])}, expected {expected}"


def _shown(value: object) -> str:
    match value:
        case None | "":
            return "empty"
        case str():
            return f'"{value}"'
        case BaseModel():
            return "wrong"
        case Mapping():
            return "{" + ", ".join(f"{key}: {each}" for key, each in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(str, value)) + "]"
        case _:
            return str(value)


def _about(path: tuple[str | int, ...], model: type[BaseModel]) -> str:
    match path:
        case ("about",):
            return "a sentence that says what happens"
        case ("shows",):
            return "a sentence that says what is to be seen by it"
        case (*_, last) if path:
            return f"it in {', '.join(_keys(path, model))}" if last not in _keys(path, model) else "a value"
        case _:
            return "a value"


def _keys(path: tuple[str | int, ...], model: type[BaseModel]) -> list[str]:
    """The keys that the mapping above a path may have."""
    for step in path[:-1]:
        if isinstance(step, int):
            continue
        field = next(
            (info for name, info in model.model_fields.items() if step in (name, info.alias)),
            None,
        )
        inner = None if field is None else _model(field.annotation)
        if inner is None:
            break
        model = inner
    return [info.alias or name for name, info in model.model_fields.items()]


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model that a field holds: itself, or one, or none, or several of it."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation if issubclass(annotation, BaseModel) else None
    return next((found for each in get_args(annotation) if (found := _model(each)) is not None), None)
