"""Power requests: accepted whole and durably or not at all, and carried out once for each key."""

import json

import httpx
import pytest
import trio.testing

from api_house import House
from powerfsm.operation import Status
from powerfsm.power import Ask, Power


async def test_one_node_is_asked_and_its_operation_ends(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    answer = await client.post("/v1/nodes/n1/power", json={"ask": "on"})
    assert answer.status_code == 202
    operation = answer.json()
    assert answer.headers["location"] == f"/v1/operations/{operation['id']}"
    assert operation["node"] == "n1"
    assert operation["ask"] == "on"
    assert operation["asked_by"] == "local"
    assert operation["status"] == "in-play"
    assert (await daemon.ended(operation["id"])).status is Status.SUCCEEDED
    assert daemon.driver.power == {"n1-bmc": Power.ON}


async def test_what_was_answered_is_durable(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    daemon.driver.reading.shut()
    answer = await client.post("/v1/nodes/n1/power", json={"ask": "on"})
    stored = await daemon.store.operation(answer.json()["id"])
    assert stored is not None
    assert stored.ask is Ask.ON


async def test_a_hostlist_is_asked_in_its_order(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("b", "n1", "n2", "n3")
    answer = await client.post("/v1/power", json={"nodes": "n[2-3],b,n1", "ask": "on"})
    assert answer.status_code == 202
    assert [each["node"] for each in answer.json()["operations"]] == ["n2", "n3", "b", "n1"]


async def test_several_things_are_asked_at_once(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1", "n2", "n3")
    requests = [{"nodes": ["n3", "n1"], "ask": "on"}, {"nodes": "n2", "ask": "off", "generation": 0}]
    answer = await client.post("/v1/power", json={"requests": requests})
    assert [(each["node"], each["ask"]) for each in answer.json()["operations"]] == [
        ("n3", "on"),
        ("n1", "on"),
        ("n2", "off"),
    ]


async def test_equal_requests_share_an_operation(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    daemon.driver.reading.shut()
    first = (await client.post("/v1/nodes/n1/power", json={"ask": "on"})).json()
    second = (await client.post("/v1/power", json={"nodes": ["n1", "n1"], "ask": "on"})).json()
    assert [each["id"] for each in second["operations"]] == [first["id"], first["id"]]


async def test_an_unknown_node_refuses_the_whole_request(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    answer = await client.post("/v1/power", json={"nodes": "n[1-2]", "ask": "on"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["type"], problem["node"]) == ("/problems/unknown-node", "n2")
    assert problem["instance"] == "/v1/power"
    assert not daemon.registry.operations
    assert daemon.registry.nodes["n1"].generation == 0


@pytest.mark.parametrize("if_match", ['"1"', "1", "*"])
async def test_the_present_generation_matches(if_match: str, daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    await daemon.done("n1")
    tag = (await client.get("/v1/nodes/n1")).headers["etag"]
    assert tag == '"1"'
    answer = await client.post("/v1/nodes/n1/power", json={"ask": "off"}, headers={"If-Match": if_match})
    assert answer.status_code == 202


async def test_a_stale_generation_is_refused(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    await daemon.done("n1")
    answer = await client.post("/v1/nodes/n1/power", json={"ask": "off"}, headers={"If-Match": '"0"'})
    assert answer.status_code == 412
    assert {key: answer.json()[key] for key in ("node", "expected", "actual")} == {
        "node": "n1",
        "expected": 0,
        "actual": 1,
    }
    bulk = await client.post("/v1/power", json={"nodes": "n1", "ask": "off", "generation": 0})
    assert bulk.status_code == 412


@pytest.mark.parametrize("if_match", ['"1", "2"', 'W/"1"', "x", '""'])
async def test_an_if_match_that_names_no_generation_is_a_mistake(
    if_match: str, daemon: House, client: httpx.AsyncClient
) -> None:
    await daemon.add("n1")
    answer = await client.post("/v1/nodes/n1/power", json={"ask": "off"}, headers={"If-Match": if_match})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "header.If-Match"


async def test_a_repeated_key_is_answered_alike_and_starts_nothing(
    daemon: House, client: httpx.AsyncClient
) -> None:
    await daemon.add("n1", "n2")
    headers = {"Idempotency-Key": "a key"}
    first = await client.post("/v1/power", json={"nodes": "n[1-2]", "ask": "on"}, headers=headers)
    for operation in first.json()["operations"]:
        await daemon.ended(operation["id"])
    await daemon.done("n1", Ask.OFF)
    again = await client.post("/v1/power", json={"ask": "on", "nodes": ["n1", "n2"]}, headers=headers)
    assert again.status_code == 202
    assert [each["id"] for each in again.json()["operations"]] == [
        each["id"] for each in first.json()["operations"]
    ]
    assert {each["status"] for each in again.json()["operations"]} == {"succeeded"}
    assert daemon.registry.nodes["n1"].state == "off"


async def test_a_key_that_comes_with_another_request_is_refused(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    headers = {"Idempotency-Key": "a key"}
    assert (await client.post("/v1/nodes/n1/power", json={"ask": "on"}, headers=headers)).status_code == 202
    for path, body in (
        ("/v1/nodes/n1/power", {"ask": "off"}),
        ("/v1/power", {"nodes": "n1", "ask": "on"}),
    ):
        answer = await client.post(path, json=body, headers=headers)
        assert answer.status_code == 422
        assert answer.json()["type"] == "/problems/key-reused"
        assert "'a key'" in answer.json()["detail"]
        assert answer.json()["key"] == "a key"


async def test_requests_of_one_key_that_come_together_are_carried_out_once(
    daemon: House, client: httpx.AsyncClient
) -> None:
    await daemon.add("n1", "n2")
    daemon.driver.reading.shut()
    daemon.disk.writing.shut()
    answers: list[httpx.Response] = []

    async def ask(names: str) -> None:
        body = {"nodes": names, "ask": "cycle"}
        answers.append(await client.post("/v1/power", json=body, headers={"Idempotency-Key": "k"}))

    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(ask, "n1")
        await trio.testing.wait_all_tasks_blocked(0.05)
        daemon.disk.writing.open()
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["operations"][0]["id"] for answer in answers}) == 1


async def test_keys_belong_to_the_token_they_came_with(guarded: House) -> None:
    await guarded.add("n1", "n2")
    operate, admin = list(guarded.tokens.values())[1:]
    headers = {"Idempotency-Key": "k"}
    async with guarded.client(operate) as one, guarded.client(admin) as other:
        first = await one.post("/v1/power", json={"nodes": "n1", "ask": "on"}, headers=headers)
        second = await other.post("/v1/power", json={"nodes": "n2", "ask": "on"}, headers=headers)
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["operations"][0]["asked_by"] == "operate-er"
    assert second.json()["operations"][0]["node"] == "n2"


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
async def test_a_key_that_is_none_is_a_mistake(key: str, daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    answer = await client.post("/v1/nodes/n1/power", json={"ask": "on"}, headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "header.Idempotency-Key"


async def test_what_cannot_be_made_durable_is_refused(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    daemon.disk.full = True
    answer = await client.post("/v1/nodes/n1/power", json={"ask": "on"})
    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/store-unavailable"
    assert "the disk is full" in answer.json()["detail"]
    assert answer.headers["retry-after"]
    daemon.disk.full = False
    assert daemon.registry.nodes["n1"].generation == 0
    assert (await client.post("/v1/nodes/n1/power", json={"ask": "on"})).status_code == 202


async def test_a_daemon_that_ends_accepts_nothing(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    daemon.registry.accepting = False
    answer = await client.post("/v1/nodes/n1/power", json={"ask": "on"})
    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/shutting-down"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body.ask"),
        ({"ask": "sideways"}, "body.ask"),
        ({"ask": "on", "force": True}, "body.force"),
        ({"ask": None}, "body.ask"),
        ([], "body"),
        ("on", "body"),
    ],
)
async def test_a_mistake_in_the_body_names_the_field(
    body: object, field: str, daemon: House, client: httpx.AsyncClient
) -> None:
    await daemon.add("n1")
    answer = await client.post("/v1/nodes/n1/power", json=body)
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/invalid-request"
    assert field in [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"nodes": "n1"}, "body.ask"),
        ({"ask": "on"}, "body.nodes"),
        ({"nodes": [], "ask": "on"}, "body.nodes"),
        ({"nodes": [1], "ask": "on"}, "body.nodes[0]"),
        ({"nodes": 1, "ask": "on"}, "body.nodes"),
        ({"nodes": "n1", "ask": "on", "generation": "3"}, "body.generation"),
        ({"nodes": "n1", "ask": "on", "generation": -1}, "body.generation"),
        ({"requests": []}, "body.requests"),
        ({"requests": [{"nodes": "n1", "ask": "on"}, {"nodes": "n1"}]}, "body.requests[1].ask"),
        ({"requests": [{"nodes": "n1", "ask": "on"}], "ask": "on"}, "body.ask"),
    ],
)
async def test_a_mistake_in_a_bulk_body_names_the_field(
    body: object, field: str, daemon: House, client: httpx.AsyncClient
) -> None:
    await daemon.add("n1")
    answer = await client.post("/v1/power", json=body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_hostlist_that_cannot_be_read_is_named(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    body = {"requests": [{"nodes": "n1", "ask": "on"}, {"nodes": "n[1-", "ask": "on"}]}
    answer = await client.post("/v1/power", json=body)
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/bad-hostlist"
    assert answer.json()["field"] == "body.requests[1].nodes"
    assert "r1n[01-40]" in answer.json()["detail"]


async def test_a_request_may_name_a_hundred_thousand_nodes_and_no_more(
    daemon: House, client: httpx.AsyncClient
) -> None:
    requests = [{"nodes": "n[1-60000]", "ask": "on"}, {"nodes": "n[1-60000]", "ask": "on"}]
    answer = await client.post("/v1/power", json={"requests": requests})
    assert answer.status_code == 422
    assert answer.json()["field"] == "body.requests[1].nodes"


@pytest.mark.parametrize("content", [b"{", b"", b"\xff", b'{"ask": "on"', b"[" * 100_000, b"1" * 5000])
async def test_what_is_not_json_is_a_problem(content: bytes, daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    headers = {"Content-Type": "application/json"}
    answer = await client.post("/v1/nodes/n1/power", content=content, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_that_does_not_say_that_it_is_json_is_not_taken_for_it(
    daemon: House, client: httpx.AsyncClient
) -> None:
    await daemon.add("n1")
    content = json.dumps({"ask": "on"}).encode()
    answer = await client.post("/v1/nodes/n1/power", content=content, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 422
    assert daemon.registry.nodes["n1"].generation == 0
