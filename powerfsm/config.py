"""The daemon's configuration: one YAML file, each key of which the environment and the command line override.

Everything has a default, so that `powerfsm serve --database fleet.db` needs no file at all.  A mistake is told
with the file and the line (or the variable, or the option) that it stands in, and with what was expected there; an
unknown key is a mistake, because a misspelt limit that is silently ignored is found out on the wrong day.

No secret stands in this file: it names the files that hold them (`credentials`, `tokens`).
"""

import ipaddress
import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
)
from pydantic.fields import FieldInfo

from powerfsm.node import Drift
from powerfsm.spec.mistakes import SpecError
from powerfsm.spec.source import Source, take_apart

_LISTEN = re.compile(r"(?P<host>\[[0-9a-fA-F:.%\w]+\]|[^\s:\[\]]+):(?P<port>[0-9]{1,5})", re.ASCII)

_ENVIRONMENT: Mapping[str, tuple[str, ...]] = {
    "POWERFSM_LISTEN": ("listen",),
    "POWERFSM_DATABASE": ("database",),
    "POWERFSM_TOKENS": ("tokens",),
    "POWERFSM_CREDENTIALS": ("credentials",),
    "POWERFSM_LIMITS_TOTAL": ("limits", "total"),
    "POWERFSM_LIMITS_PER_GROUP": ("limits", "per-group"),
    "POWERFSM_LIMITS_CONNECTIONS": ("limits", "connections"),
    "POWERFSM_LIMITS_STREAMS": ("limits", "streams"),
    "POWERFSM_LIMITS_WAITS": ("limits", "waits"),
    "POWERFSM_DRIFT": ("drift",),
    "POWERFSM_LOG_FORMAT": ("log", "format"),
    "POWERFSM_LOG_LEVEL": ("log", "level"),
    "POWERFSM_SPEC": ("spec",),
    "POWERFSM_CORE_DUMPS": ("core-dumps",),
}
"""Variables and the keys that they override; `POWERFSM_TIMINGS_SETTLE` and its like come on top."""

_ENVIRONMENT_TIMING = "POWERFSM_TIMINGS_"


class ConfigurationError(ValueError):
    """The daemon cannot run like this.  As a string: one mistake a line, each with where it stands."""


def _listen(value: str) -> str:
    match = _LISTEN.fullmatch(value)
    if not match or int(match["port"]) > 65535:
        raise ValueError("an address and a port such as 127.0.0.1:8623 or [::1]:8623")
    return value


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LimitsConfiguration(_Strict):
    """`limits`: how much may be under way at once.

    Attributes:
        total: Sessions open at once, over all BMCs.  Each costs a few datagrams a second and no more.
        per_group: Nodes of one group being powered on at once: the inrush current that a rack's feed bears.
        connections: Connections to the API that are open at once, idle ones too.
        streams: Event streams that are open at once.
        waits: Requests at once that wait for operations to end.
    """

    total: Annotated[int, Field(ge=1, le=100_000)] = 1000
    per_group: Annotated[int, Field(alias="per-group", ge=1, le=100_000)] = 16
    connections: Annotated[int, Field(ge=1, le=100_000)] = 800
    streams: Annotated[int, Field(ge=1, le=100_000)] = 100
    waits: Annotated[int, Field(ge=1, le=100_000)] = 500

    @property
    def room(self) -> tuple[int, int, int]:
        """Connections, streams and waits."""
        return self.connections, self.streams, self.waits


class LogConfiguration(_Strict):
    """`log`: what is written to standard error.

    Attributes:
        format: `console` for people, `json` (one object a line) for machines.
        level: The least severe level that is written.
    """

    format: Literal["console", "json"] = "console"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Configuration(_Strict):
    """Everything that a daemon can be told.

    Attributes:
        listen: Address and port of the HTTP API.  Anything but a loopback address needs `tokens`.
        database: File of the store (SQLite), or a `sqlite:` URL; made where there is none.
        tokens: File of those who may use the API, one line for each: name, role, hash of the token.
            Without it everyone who reaches the loopback interface may do everything.
        credentials: File of the BMCs' user names and passwords, under the names that nodes refer to.
        limits: How much may be under way at once.
        timings: Seconds by name, where they differ from those in the spec (`settle`, `deadline`, ...).
        drift: What to do where a BMC reads otherwise than desired, for nodes that do not say it themselves:
            `flag`, `adopt` or `enforce`.
        log: What is written to standard error.
        spec: A declared machine to run instead of the one that ships with powerfsm.
        core_dumps: `none`: the process leaves no core, for it would hold the passwords of the BMCs; `as-set`:
            the limit stays as it was.
    """

    listen: Annotated[str, AfterValidator(_listen)] = "127.0.0.1:8623"
    database: Annotated[str, Field(min_length=1)] = "powerfsm.db"
    tokens: Path | None = None
    credentials: Path | None = None
    limits: LimitsConfiguration = LimitsConfiguration()
    timings: Mapping[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(default_factory=dict)
    drift: Drift = Drift.FLAG
    log: LogConfiguration = LogConfiguration()
    spec: Path | None = None
    core_dumps: Annotated[Literal["none", "as-set"], Field(alias="core-dumps")] = "none"

    _origins: "_Origins" = PrivateAttr(default_factory=lambda: _Origins(None, {}))

    @property
    def host(self) -> str:
        """The address of `listen`, without the brackets of IPv6."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port of `listen`."""
        return int(self.listen.rpartition(":")[2])

    def check_timings(self, declared: Collection[str]) -> None:
        """Hold `timings` against those that the spec declares.

        Raises:
            ConfigurationError: One is not declared.
        """
        mistakes = [
            f"{self._origins.of(('timings', name))}: there is no timing {name!r}, "
            f"expected one of {', '.join(sorted(declared))}"
            for name in self.timings
            if name not in declared
        ]
        if mistakes:
            raise ConfigurationError("\n".join(mistakes))


class _Origins:
    """Where each value came from, for messages."""

    def __init__(self, source: Source | None, elsewhere: Mapping[tuple[str, ...], str]) -> None:
        self._source = source
        self._elsewhere = elsewhere

    def of(self, path: tuple[str | int, ...]) -> str:
        for length in range(len(path), 0, -1):
            for known, origin in self._elsewhere.items():
                if known == path[:length]:
                    return origin
        if self._source is not None:
            return f"{self._source.file}:{self._source.mark(path).line}"
        return "configuration"


def read_configuration(
    file: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    options: Mapping[str, str] = MappingProxyType({}),
) -> Configuration:
    """Read the configuration: defaults, then the file, then the environment, then options.

    Args:
        file: The configuration file, or None.  Relative paths in it start from its own directory.
        environment: Variables; those of the process where None.
        options: Options of the command line that were given, without dashes: `{"database": "fleet.db"}`.

    Raises:
        ConfigurationError: With every mistake as `file:line: what is wrong, what was expected`.
    """
    source = None if file is None else _source(file)
    values: dict[str, Any] = source.value if source is not None and isinstance(source.value, dict) else {}
    if file is not None:
        _anchor(values, file.parent)
    overrides = _from_environment(os.environ if environment is None else environment)
    overrides += [(f"--{option}", tuple(option.split(".")), text) for option, text in options.items()]
    elsewhere = {path: origin for origin, path, text in overrides if _put(values, path, text)}
    origins = _Origins(source, elsewhere)
    try:
        configuration = Configuration.model_validate(values)
    except ValidationError as error:
        mistakes = [f"{origins.of(each['loc'])}: {_text(dict(each))}" for each in error.errors(include_url=False)]
        raise ConfigurationError("\n".join(mistakes)) from None
    if configuration.tokens is None and not is_loopback(configuration.host):
        raise ConfigurationError(
            f"{origins.of(('listen',))}: without tokens the API is open to whoever reaches it, so it listens on"
            f" loopback addresses only, and {configuration.host} is none; configure `tokens`, or listen on"
            f" 127.0.0.1:{configuration.port}"
        )
    configuration._origins = origins  # noqa: SLF001 (private to others; pydantic knows no other way)
    return configuration


def is_loopback(host: str) -> bool:
    """Whether an address, or a name, can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _source(file: Path) -> Source:
    try:
        text = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read: {error.strerror}") from None
    if all(not line.strip() or line.lstrip().startswith(b"#") for line in text.splitlines()):
        return Source(str(file), {})
    try:
        source = take_apart(text, str(file))
    except SpecError as error:
        raise ConfigurationError(str(error)) from None
    if source.mistakes:
        raise ConfigurationError(str(SpecError(source.mistakes)))
    if not isinstance(source.value, dict):
        raise ConfigurationError(f"{file}:1: not a mapping, expected keys such as `listen: 127.0.0.1:8623`")
    return source


def _anchor(values: dict[str, Any], directory: Path) -> None:
    for key in ("database", "tokens", "credentials", "spec"):
        value = values.get(key)
        if isinstance(value, str) and value and not value.startswith("sqlite:"):
            values[key] = str(directory / value)


def _from_environment(environment: Mapping[str, str]) -> list[tuple[str, tuple[str, ...], str]]:
    """(variable, the key it overrides, value) of each variable that is ours."""
    found = []
    for variable, text in sorted(environment.items()):
        if variable in _ENVIRONMENT:
            found.append((variable, _ENVIRONMENT[variable], text))
        elif variable.startswith(_ENVIRONMENT_TIMING):
            name = variable.removeprefix(_ENVIRONMENT_TIMING).lower().replace("_", "-")
            found.append((variable, ("timings", name), text))
    return found


def _put(values: dict[str, Any], path: tuple[str, ...], value: str) -> bool:
    """Set a value; False where the file has something else than a mapping above it (told when it is read)."""
    for key in path[:-1]:
        below = values.setdefault(key, {})
        if not isinstance(below, dict):
            return False
        values = below
    values[path[-1]] = value
    return True


_EXPECTED = {
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number of seconds",
    "float_type": "a number of seconds",
    "finite_number": "a number of seconds",
    "string_type": "a text",
    "path_type": "a path",
    "model_type": "a mapping",
    "mapping_type": "a mapping",
    "string_too_short": "a text that is not empty",
}


def _text(error: dict[str, Any]) -> str:
    place = ".".join(map(str, error["loc"]))
    context = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            return f"{place} is not known here, expected one of {_keys(error['loc'])}"
        case "enum" | "literal_error":
            expected = context["expected"]
        case "greater_than_equal":
            expected = f"{context['ge']} or more"
        case "less_than_equal":
            expected = f"{context['le']} or less"
        case "value_error":
            expected = str(context["error"])
        case kind:
            expected = _EXPECTED.get(kind, error["msg"])
    return f"{place} is {_shown(error['input'])}, expected {expected}"


def _shown(value: object) -> str:
    match value:
        case None | "":
            return "empty"
        case str():
            return f'"{value}"'
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return str(value)


def _keys(loc: tuple[str | int, ...]) -> str:
    fields: Mapping[str, FieldInfo]
    match loc[0]:
        case "limits":
            fields = LimitsConfiguration.model_fields
        case "log":
            fields = LogConfiguration.model_fields
        case _:
            fields = Configuration.model_fields
    return ", ".join(info.alias or name for name, info in fields.items())
