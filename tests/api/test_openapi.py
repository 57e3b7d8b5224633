"""The OpenAPI document: what it says of each route is so."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api_house import House, house
from powerfsm.api.access import Role
from powerfsm.api.gate import OPEN, OPEN_BELOW
from powerfsm.api.problems import KINDS, MEDIA_TYPE

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
async def document(daemon: House) -> dict[str, Any]:
    async with daemon.client() as client:
        answer = await client.get("/openapi.json")
    found: dict[str, Any] = answer.json()
    return found


def routes(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS
            yield method.upper(), path, operation


def role(operation: dict[str, Any]) -> Role | None:
    """The role that the document says a route needs."""
    if "security" not in operation:
        return None
    (scheme,) = operation["security"]
    (needed,) = scheme["bearer"]
    return Role(needed)


def concrete(path: str) -> str:
    return re.sub(r"\{id\}", "1", re.sub(r"\{name\}", "n1", path))


async def test_each_route_enforces_the_role_that_it_documents(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any]
) -> None:
    async with house(tmp_path_factory.mktemp("guarded"), with_tokens=True) as guarded:
        checked = 0
        for method, path, operation in routes(document):
            needed = role(operation)
            if needed is None:
                assert path in OPEN or path.startswith(OPEN_BELOW)
                continue
            async with guarded.client() as client:
                assert (await client.request(method, concrete(path))).status_code == 401, (method, path)
            for mine, token in guarded.tokens.items():
                async with guarded.client(token) as client:
                    # A body that is right for no route: whoever may ask gets as far as its mistakes.
                    query = {"after": "x"} if path == "/v1/events" else {}
                    answer = await client.request(method, concrete(path), json={"none": 1}, params=query)
                    assert (answer.status_code == 403) is not mine.covers(needed), (method, path, mine)
                    checked += 1
        assert checked > 30


async def test_each_route_documents_its_problems(document: dict[str, Any]) -> None:
    for method, path, operation in routes(document):
        answers = operation["responses"]
        if role(operation) is not None:
            assert {"401", "403"} <= set(answers), (method, path)
        if "requestBody" in operation:
            assert {"400", "413", "422"} <= set(answers), (method, path)
        if operation.get("parameters"):
            assert "422" in answers, (method, path)
        if method != "GET" and path != "/v1/operations/wait":
            assert {"429", "503"} <= set(answers), (method, path)
        for status, answer in answers.items():
            if int(status) >= 400:
                content = answer["content"][MEDIA_TYPE]
                assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
                examples = content["examples"]
                assert examples
                for name, example in examples.items():
                    assert KINDS[name].status == int(status)
                    assert example["value"]["type"] == f"/problems/{name}"
            assert len(answer.get("content", {})) <= 1, (method, path, status)


async def test_each_route_says_what_it_does(document: dict[str, Any]) -> None:
    for method, path, operation in routes(document):
        assert operation["description"], (method, path)
        assert operation["tags"], (method, path)


async def test_references_lead_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    found = set(re.findall(r"#/components/schemas/([A-Za-z]+)", str(document)))
    assert found <= set(schemas)
    assert "HTTPValidationError" not in schemas


async def test_the_documentation_needs_no_other_server(daemon: House) -> None:
    async with daemon.client() as client:
        page = (await client.get("/docs")).text
        assets = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert len(assets) >= 2
        for asset in assets:
            assert asset.startswith("/docs-assets/")
            assert (await client.get(asset)).status_code == 200
        assert "https://" not in page


@pytest.mark.parametrize("name", KINDS)
async def test_each_kind_of_problem_explains_itself(name: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(KINDS[name].type)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert KINDS[name].about in answer.text


async def test_what_is_no_route_is_a_problem(client: httpx.AsyncClient) -> None:
    for path in ("/", "/v1", "/v2/nodes", "/v1/nodes/", "/problems/none", "/v1/nodes/a/b"):
        answer = await client.get(path)
        assert answer.status_code == 404, path
        assert answer.json()["type"] == "/problems/not-found"
        assert answer.json()["instance"] == path
    answer = await client.put("/v1/nodes")
    assert answer.status_code == 405
    assert answer.json()["type"] == "/problems/method-not-allowed"
    assert answer.headers["allow"]
