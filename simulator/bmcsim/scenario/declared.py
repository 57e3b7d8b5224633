"""Mappings whose keys are the fields of a dataclass: what the simulator knows, a scenario can say.

Profiles and machines are declared once, as dataclasses.  The models of their overrides are made from that, so
that a new field is a new key at once, with its type and with what the docstring says about it.
"""

import dataclasses
import re
import types
from collections.abc import Mapping
from enum import IntEnum
from functools import cache, reduce
from operator import or_
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, Field, GetCoreSchemaHandler, create_model
from pydantic_core import CoreSchema, core_schema

from bmcsim.dice import Span
from bmcsim.scenario.fields import ByName, SpanField, Strict, kebab

_ATTRIBUTE = re.compile(r"( *)(\w+): (.+)")


@cache
def documented(kind: type) -> Mapping[str, str]:
    """Return what the `Attributes:` of a class's docstring say about each, in one line each."""
    _, _, section = (kind.__doc__ or "").partition("Attributes:\n")
    found: dict[str, str] = {}
    name = indent = ""
    for line in section.splitlines():
        match = _ATTRIBUTE.fullmatch(line)
        if match and match[1] == (indent or match[1]):
            indent, name = match[1], match[2]
            found[name] = match[3].strip()
        elif name and line.strip():
            found[name] += " " + line.strip()
    return found


class Overrides:
    """Marks a mapping with some fields of a dataclass; validated, it is a function from one to a changed one."""

    def __init__(self, kind: type, *, without: tuple[str, ...] = ()) -> None:
        """Take the fields of `kind`, save some."""
        self._kind = kind
        hints, meanings = get_type_hints(kind), documented(kind)
        fields: dict[str, Any] = {
            each.name: (translated(hints[each.name]), Field(default=None, description=meanings.get(each.name)))
            for each in dataclasses.fields(kind)
            if each.init and each.name not in without
        }
        self._model: type[BaseModel] = create_model(f"{kind.__name__}Overrides", __base__=Strict, **fields)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read the mapping."""
        return core_schema.no_info_after_validator_function(self._changes, handler.generate_schema(self._model))

    def _changes(self, model: BaseModel) -> "Changes":
        return Changes(self._kind, {name: getattr(model, name) for name in model.model_fields_set})


@dataclasses.dataclass(frozen=True, slots=True)
class Changes:
    """What is different about something.

    Attributes:
        kind: The dataclass that it is one of.
        fields: Its fields that are, by their own names; what is a dataclass itself is changed in turn.
    """

    kind: type
    fields: Mapping[str, Any]

    def apply(self, before: Any) -> Any:
        """Return a copy of `before` with the changes; a new one where it is None.

        Raises:
            ValueError: It cannot be like that.
            TypeError: There was none, and the changes do not say all that one needs.
        """
        changed = {
            name: value.apply(getattr(before, name, None)) if isinstance(value, Changes) else value
            for name, value in self.fields.items()
        }
        if before is not None:
            return dataclasses.replace(before, **changed)
        needed = {each.name for each in dataclasses.fields(self.kind) if _needed(each)}
        if missing := sorted(needed - changed.keys()):
            raise ValueError(f"{', '.join(map(kebab, missing))} should be said too, for there is none yet")
        return self.kind(**changed)


def _needed(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def translated(hint: Any) -> Any:
    """Return the type that a key has, for the type that a field has."""
    if hint is Span:
        return SpanField
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        return Annotated[hint, ByName(hint)]
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return Annotated[Changes, Overrides(hint)]
    origin, inside = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return reduce(or_, (translated(each) for each in inside))
    if origin in (tuple, frozenset):
        return origin[tuple(each if each is ... else translated(each) for each in inside)]
    return hint
