"""Query parameters of GET (DSP0266, 7.3): $expand, $top and $skip; others that begin with $ are answered 501."""

import re
from collections.abc import Callable
from typing import Any, Final

from bmcsim.redfish.exchange import Document, Request
from bmcsim.redfish.messages import Refused, shown

Fetch = Callable[[str], Document | None]
"""Returns the resource at a path, or None where the caller may not read it."""

_EXPAND: Final = re.compile(r"([.*~])(?:\(\$levels=(\d{1,4})\))?")
_DEEPEST: Final = 1
_KNOWN: Final = frozenset({"$expand", "$top", "$skip"})


def apply(request: Request, document: Document, fetch: Fetch) -> Document:
    """Return what a GET returns with its query, in the order that the standard gives."""
    query = dict(request.query)
    for name in query:
        if name.startswith("$") and name not in _KNOWN:
            raise Refused(501, "QueryParameterUnsupported", shown(name))
    skip, top = (_number(query, name) for name in ("$skip", "$top"))
    if skip is not None or top is not None:
        document = _page(request, document, skip or 0, top)
    if "$expand" in query:
        document = _expand(query["$expand"], document, fetch)
    return document


def _number(query: dict[str, str], name: str) -> int | None:
    if name not in query:
        return None
    value = query[name]
    if not re.fullmatch(r"-?[0-9]{1,9}", value):
        raise Refused(400, "QueryParameterValueTypeError", shown(value), name)
    if value.startswith("-"):
        raise Refused(400, "QueryParameterOutOfRange", value, name, "0 and more")
    return int(value)


def _page(request: Request, document: Document, skip: int, top: int | None) -> Document:
    members = document.get("Members")
    if members is None:
        raise Refused(400, "QueryNotSupportedOnResource")
    end = len(members) if top is None else skip + top
    page = {**document, "Members": members[skip:end]}
    if end < len(members):
        page["Members@odata.nextLink"] = f"{request.path}?$skip={end}" + ("" if top is None else f"&$top={top}")
    return page


def _expand(value: str, document: Document, fetch: Fetch) -> Document:
    found = _EXPAND.fullmatch(value)
    if found is None:
        raise Refused(400, "QueryParameterValueTypeError", shown(value), "$expand")
    which, levels = found[1], int(found[2] or _DEEPEST)
    if not 1 <= levels <= _DEEPEST:
        raise Refused(400, "QueryParameterOutOfRange", str(levels), "$levels", f"1 to {_DEEPEST}")
    expanded = dict(document)
    for name, part in document.items():
        if name.startswith("@") or name == "Actions":
            continue
        if which == "*" or (name == "Links") == (which == "~"):
            expanded[name] = _filled(part, fetch)
    return expanded


def _filled(part: Any, fetch: Fetch) -> Any:
    """Put resources where there are references to them."""
    if isinstance(part, list):
        return [_filled(each, fetch) for each in part]
    if not isinstance(part, dict):
        return part
    if part.keys() == {"@odata.id"}:
        return fetch(part["@odata.id"]) or part
    return {name: _filled(each, fetch) for name, each in part.items()}
