"""What somebody sends by mistake, or proves himself with, is repeated nowhere: answers, log, journal, metrics."""

import json
import logging
import re
import sys
from collections.abc import Generator
from io import StringIO
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from api_house import House, house, served
from powerfsm import logbook
from powerfsm.api.access import Role
from raw_http import raw

SECRET = "hunter2-correct-horse"


@pytest.fixture(params=["console", "json"])
def log(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """The daemon's log as it is configured, with everything in it."""
    style: Literal["console", "json"] = request.param
    written = StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logbook.configure(style, "debug")
    return written


def with_secret(
    document: dict[str, Any], schema: dict[str, Any], everywhere: dict[str, Any]
) -> list[dict[str, Any]]:
    """A body with a password where people put it: as a member of its own, on each level that there is."""
    if "$ref" in schema:
        schema = everywhere[schema["$ref"].rpartition("/")[2]]
    bodies = [document | {"password": SECRET}, document | {"credentials": {"username": "u", "password": SECRET}}]
    for name, below in schema.get("properties", {}).items():
        bodies += [document | {name: inner} for inner in with_secret({}, below, everywhere)]
        bodies.append(document | {name: {SECRET: [SECRET]}})
        bodies.append(document | {name: [[SECRET]]})
    for form in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if "$ref" in form:
            bodies += with_secret(document, form, everywhere)
    return bodies


def files_in(directory: Path) -> bytes:
    return b"".join(file.read_bytes() for file in directory.iterdir())


async def test_what_is_sent_where_it_does_not_belong_is_not_repeated(tmp_path: Path, log: StringIO) -> None:
    answers: list[tuple[str, httpx.Response]] = []
    async with house(tmp_path) as daemon, daemon.client() as client:
        await daemon.add("n1")
        description = daemon.app.openapi()
        for path, operations in description["paths"].items():
            at = re.sub(r"\{id\}", "1", re.sub(r"\{name\}", "n1", path))
            for method, operation in operations.items():
                where = f"{method} {at}"
                query = {"names": "n9", "password": SECRET, "token": SECRET} | (
                    {"after": "9999"} if at == "/v1/events" else {}
                )
                headers = {"Cookie": f"session={SECRET}", "X-Api-Key": SECRET, "Authorization": f"Basic {SECRET}"}
                answers.append((where, await client.request(method, at, params=query, headers=headers)))
                for kind, body in operation.get("requestBody", {}).get("content", {}).items():
                    for sent in with_secret({}, body["schema"], description["components"]["schemas"]):
                        answer = await client.request(
                            method,
                            at,
                            params=query,
                            content=json.dumps(sent),
                            headers=headers | {"Content-Type": kind},
                        )
                        # The name of a member that nobody knows is told; what stands in it is not.
                        if f'"{SECRET}"' not in json.dumps(list(keys_of(sent))):
                            answers.append((f"{where} {sent}", answer))
                    for broken in (f'{{"password": "{SECRET}"', f"{SECRET}", f'["{SECRET}"]'):
                        answer = await client.request(method, at, content=broken, headers=headers)
                        answers.append((f"{where} {broken}", answer))
        answers.append(("metrics", await client.get("/metrics")))
        answers.append(("journal", await client.get("/v1/events?after=0&follow=false")))
    assert len(answers) > 60
    assert [where for where, answer in answers if SECRET in answer.text or SECRET in str(answer.headers)] == []
    assert SECRET.encode() not in files_in(tmp_path)
    assert SECRET not in log.getvalue()


def keys_of(body: object) -> Generator[str]:
    """The names of all members, on every level."""
    if isinstance(body, dict):
        for key, value in body.items():
            yield key
            yield from keys_of(value)


@pytest.mark.parametrize("begun", [False, True])
async def test_a_defect_is_logged_without_what_was_sent_or_is_known(
    begun: bool, guarded: House, log: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A traceback says where; the values of variables, headers among them, are not in it."""
    token = guarded.tokens[Role.ADMIN]

    def fail(*_: object, **__: object) -> None:
        password = SECRET
        raise RuntimeError(f"a defect of {len(password)} letters")

    if begun:
        monkeypatch.setattr("powerfsm.api.event_stream._send_entries", fail)
        monkeypatch.setattr("powerfsm.api.event_stream.EventStream._send_all", fail)
    else:
        monkeypatch.setattr("powerfsm.registry.registry.Registry.outstanding", fail)
    path = b"/v1/events?after=0" if begun else b"/v1/recovery"
    async with served(guarded.app) as url, raw(url) as client:
        await client.say(
            b"GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n"
            % (path, token.encode())
        )
        answered = await client.until_closed()
    assert answered.startswith(b"HTTP/1.1 200" if begun else b"HTTP/1.1 500")
    said = log.getvalue()
    assert said.count("api.defect") == 1
    assert "a defect of 21 letters" in said
    assert "Traceback" in said
    for secret in (SECRET, token):
        assert secret not in said
        assert secret.encode() not in answered


def test_what_libraries_log_with_an_exception_tells_no_variables(log: StringIO) -> None:
    def fail() -> None:
        password = SECRET
        raise ValueError(len(password))

    try:
        fail()
    except ValueError:
        logging.getLogger("a.library").exception("it failed")
    said = log.getvalue()
    assert "it failed" in said
    assert "Traceback" in said
    assert SECRET not in said
