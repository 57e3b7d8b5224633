"""A fault on the command line: `busy`, or `drop:way=in,probability=0.1,nodes=n[1-3],steps=rakp1/rakp3`."""

import re

from pydantic import ValidationError

from bmcsim.faults import Rule
from bmcsim.scenario.reading import say
from bmcsim.scenario.rules import read_rule, rule_schema

_COMMA = re.compile(r",(?![^\[]*\])")
"""A comma that is not inside of a hostlist's brackets."""

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_LISTS = frozenset({"steps"})


def read_fault(text: str) -> Rule:
    """Return the rule that `NAME[:KEY=VALUE,...]` says.

    Raises:
        ValueError: It says none.
    """
    name, _, rest = text.partition(":")
    mapping: dict[str, object] = {"fault": name}
    for part in _COMMA.split(rest) if rest else ():
        key, equals, value = part.partition("=")
        if not equals:
            raise ValueError(f"--fault {name}: {part!r} is no KEY=VALUE such as probability=0.1")
        mapping[key.strip()] = _value(key.strip(), value.strip())
    try:
        return read_rule(mapping)
    except ValidationError as error:
        schema = rule_schema()
        told = [say(each, schema) for each in error.errors(include_url=False)]
        raise ValueError(f"--fault {name}: {'; '.join(told)}") from None


def _value(key: str, text: str) -> object:
    if "/" in text or key in _LISTS:
        return text.split("/")
    if text in ("true", "false"):
        return text == "true"
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text
