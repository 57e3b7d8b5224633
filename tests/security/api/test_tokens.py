"""Tokens: how one is compared, and that every route there is asks for the role that its description states."""

import hmac
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from api_house import House
from powerfsm.api import access
from powerfsm.api.access import Role, make_token, read_tokens

OPEN = {
    "/healthz": "asked by supervisors that have no token; it says that the process lives, and no more",
    "/readyz": "asked by load balancers that have no token; it says which of three checks fails",
    "/problems/{name}": "what a problem means, which is the same for everybody",
    "/docs": "the page that shows the description; the same in every daemon",
    "/docs/oauth2-redirect": "belongs to that page",
    "/docs-assets/{name}": "scripts and styles of that page",
    "/openapi.json": "the description; the same in every daemon",
}
"""What is answered without a token, and why."""

UNDOCUMENTED = {"/docs", "/docs/oauth2-redirect", "/docs-assets/{name}", "/openapi.json"}
"""Routes about the description, which is about all others."""

Route = tuple[str, str]


def routes(app: FastAPI) -> set[Route]:
    """Every route that the application has, described or not; what is mounted, as the method GET."""
    found: set[Route] = set()
    for context in iter_route_contexts(app.routes):
        assert context.path is not None
        mounted = isinstance(context.original_route, Mount)
        methods = {"GET"} if mounted else context.methods
        assert methods, context
        path = f"{context.path}/{{name}}" if mounted else context.path
        found |= {(method, path) for method in methods if method != "HEAD"}
    return found


def described(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each operation of the description."""
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            yield method.upper(), path, operation


def stated(operation: dict[str, Any]) -> Role | None:
    """The role that an operation's description states, or None: it is open."""
    if "security" not in operation:
        return None
    (alternative,) = operation["security"]
    assert set(alternative) == {"bearer"}
    (role,) = alternative["bearer"]
    return Role(role)


def concrete(path: str) -> str:
    return re.sub(r"\{id\}", "1", re.sub(r"\{name\}", "n1", path))


async def test_every_route_is_described_but_those_about_the_description(guarded: House) -> None:
    documented = {(method, path) for method, path, _ in described(guarded.app)}
    assert len(documented) >= 19
    assert routes(guarded.app) == documented | {("GET", path) for path in UNDOCUMENTED}


async def test_a_route_that_states_no_role_is_open_for_a_reason(guarded: House) -> None:
    open_ = {path for _, path, operation in described(guarded.app) if stated(operation) is None}
    assert open_ | UNDOCUMENTED == set(OPEN)


async def test_every_route_asks_for_the_role_that_it_states(guarded: House) -> None:
    await guarded.add("n1")
    roles = {(method, path): stated(operation) for method, path, operation in described(guarded.app)}
    unknown, _ = make_token("ci", Role.ADMIN)
    for method, path in sorted(routes(guarded.app)):
        needed = roles.get((method, path))
        for token, mine in [(None, None), (unknown, None), *((guarded.tokens[role], role) for role in Role)]:
            # What is wrong with it is found once it is allowed, so that nothing is changed or waited for.
            query = {"after": "x"} if path == "/v1/events" else {}
            async with guarded.client(token) as client:
                answer = await client.request(method, concrete(path), json={"none": 1}, params=query)
            told = (method, path, mine, answer.status_code)
            if needed is None:
                assert answer.status_code not in {401, 403}, told
            elif mine is None:
                assert answer.status_code == 401, told
                assert answer.headers["www-authenticate"].startswith("Bearer"), told
            elif not mine.covers(needed):
                assert answer.status_code == 403, told
                assert answer.json()["needed"] == needed, told
            else:
                assert answer.status_code not in {401, 403}, told


def test_what_is_compared_has_one_length_whatever_was_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Digests are compared, all of them, by the function that takes the same time for each."""
    made = [make_token(f"t{number}", Role.READ) for number in range(3)]
    file = tmp_path / "tokens"
    file.write_text("".join(f"{line}\n" for _, line in made))
    file.chmod(0o600)
    tokens = read_tokens(file)
    compared: list[tuple[bytes, bytes]] = []

    def watched(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return hmac.compare_digest(one, other)

    class Watched:
        compare_digest = staticmethod(watched)

    monkeypatch.setattr(access, "hmac", Watched)
    first, _ = made[0]
    for sent in (first, first[:-1], first[:6], first + "x", "", "x" * 100_000, "\ud800", made[2][0]):
        compared.clear()
        tokens.identify(sent)
        digest = sha256(sent.encode("utf-8", "surrogatepass")).digest()
        assert [other for _, other in compared] == [digest] * len(made)
        assert {len(one) for one, _ in compared} == {32}
