"""What values in a scenario look like: spans of time, hostlists, addresses, secrets, enumerations by name."""

import ipaddress
import os
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    SecretStr,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from bmcsim.dice import Span
from bmcsim.fleet import expand


def kebab(name: str) -> str:
    """Return the name of a field as it is written in a file."""
    return name.replace("_", "-")


class Strict(BaseModel):
    """A mapping in which every key is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=kebab, populate_by_name=True)


class Described(Strict):
    """One whose keys are described by the texts below them; reading those takes time."""

    model_config = ConfigDict(use_attribute_docstrings=True)


def _span(value: object) -> Span:
    if isinstance(value, Span):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"{value!r} is no span of seconds such as 3 or 0.5-2")  # noqa: TRY004  pydantic tells it
    return Span.parse(str(value))


SpanField = Annotated[
    Span,
    BeforeValidator(_span),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {
            "description": "Seconds: 3, or 2-5 for any time in between, drawn anew each time.",
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"type": "string", "pattern": r"^[0-9.]+(-[0-9.]+)?$"},
            ],
        }
    ),
]
"""A span of seconds."""


def _hostlist(value: str) -> str:
    expand(value)
    return value


Hostlist = Annotated[str, AfterValidator(_hostlist), Field(examples=["n[1-10]", "r1n[01-40],login1"])]
"""Names of nodes, folded."""


def _ipv4(value: str) -> str:
    try:
        return str(ipaddress.IPv4Address(value))
    except ValueError:
        raise ValueError(f"{value!r} is no IPv4 address such as 127.0.0.1") from None


Ipv4 = Annotated[str, AfterValidator(_ipv4)]
"""An IPv4 address."""

Port = Annotated[int, Field(ge=0, le=65535)]
"""A port; 0 is any that is free."""

Probability = Annotated[float, Field(ge=0, le=1)]
"""From never to always."""


class ByName:
    """Marks an enumeration whose members stand in a file by their names, not by their numbers."""

    def __init__(self, kind: type[Enum]) -> None:
        """Take the members of `kind`."""
        self._members = {kebab(member.name.lower()): member for member in kind}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read one of the names."""
        names = core_schema.literal_schema(list(self._members))
        return core_schema.no_info_after_validator_function(self._members.__getitem__, names)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe the names."""
        return {"enum": list(self._members)}


class Secret(Described):
    """A secret: as plain text (of simulated BMCs, it is none), or where it is kept."""

    plain: SecretStr | None = None
    """The secret itself; a plain text instead of the mapping is the same."""
    env: str | None = None
    """The environment variable that holds it."""
    file: Path | None = None
    """The file whose first line it is; a relative path starts from the scenario's directory."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(each is not None for each in (self.plain, self.env, self.file)) != 1:
            raise ValueError("a secret is a plain text, or {env: VARIABLE}, or {file: PATH}")
        return self

    def reveal(self, directory: Path) -> str:
        """Return it.

        Args:
            directory: Where relative paths start from.

        Raises:
            ValueError: The variable is not set, or the file has none.
        """
        if self.plain is not None:
            return self.plain.get_secret_value()
        if self.env is not None:
            if not (found := os.environ.get(self.env)):
                raise ValueError(f"the environment variable {self.env} is not set; it should hold the secret")
            return found
        assert self.file is not None
        path = directory / self.file
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} cannot be read for a secret: {error}") from None
        if not lines or not lines[0]:
            raise ValueError(f"the first line of {path} is empty; it should hold the secret")
        return lines[0]


def _plain(value: object) -> object:
    if not isinstance(value, str | dict | Secret):
        told = "a secret is a text (in quotes, where it is a number), {env: VARIABLE} or {file: PATH}"
        raise ValueError(told)  # noqa: TRY004  pydantic tells it
    return {"plain": value} if isinstance(value, str) else value


def nonempty(value: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse a list without anything in it."""
    if not value:
        raise ValueError("the list is empty, expected at least one")
    return value


SecretField = Annotated[Secret, BeforeValidator(_plain, json_schema_input_type=str | Secret)]
"""A secret as it stands in a file."""
