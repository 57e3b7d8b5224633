"""Operations over HTTP: looked at in pages, and waited for one by one and by the thousand."""

import httpx
import pytest
import trio.testing

from api_house import House
from powerfsm.power import Ask
from powerfsm.registry.requests import PowerRequest


async def test_operations_come_newest_first_and_in_pages(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1", "n2")
    made = [(await daemon.done(name, ask)).id for ask in (Ask.ON, Ask.OFF) for name in ("n1", "n2")]
    first = (await client.get("/v1/operations?limit=3")).json()
    assert [each["id"] for each in first["operations"]] == made[:0:-1]
    rest = (await client.get(f"/v1/operations?limit=3&before={first['next']}")).json()
    assert [each["id"] for each in rest["operations"]] == made[:1]
    assert rest["next"] is None


async def test_operations_are_filtered(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1", "n2", "n3")
    ended = [(await daemon.done(name)).id for name in ("n1", "n2", "n3")]
    daemon.driver.reading.shut()
    going = (await daemon.ask("n1", Ask.OFF)).id

    async def ids(query: str) -> list[int]:
        return [each["id"] for each in (await client.get(f"/v1/operations?{query}")).json()["operations"]]

    assert await ids("nodes=n[1-2]") == [going, ended[1], ended[0]]
    assert await ids("status=in-play") == [going]
    assert await ids("status=in-play&status=succeeded&nodes=n1") == [going, ended[0]]
    assert await ids("status=failed") == []
    assert await ids(f"ids={ended[0]}-{ended[2]}") == ended[::-1]
    assert await ids(f"ids={ended[0]},{going}") == [going, ended[0]]


async def test_ids_come_in_pages_too(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add(*(f"n{index}" for index in range(5)))
    made = [(await daemon.done(f"n{index}")).id for index in range(5)]
    query = f"ids={made[0]}-{made[-1]}"
    first = (await client.get(f"/v1/operations?{query}&limit=3")).json()
    assert [each["id"] for each in first["operations"]] == made[:1:-1]
    rest = (await client.get(f"/v1/operations?{query}&limit=3&before={first['next']}")).json()
    assert [each["id"] for each in rest["operations"]] == made[1::-1]
    assert rest["next"] is None


async def test_operations_are_filtered_by_a_bounded_number_of_nodes(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/operations?nodes=n[1-100001]")
    assert (answer.status_code, answer.json()["field"]) == (422, "query.nodes")


@pytest.mark.parametrize("path", ["/v1/operations/99", "/v1/operations?ids=98-99"])
async def test_an_id_that_was_never_given_is_told(path: str, daemon: House, client: httpx.AsyncClient) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/unknown-operation"
    assert answer.json()["operation"] == 99


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/operations/x", "path.id"),
        ("/v1/operations/0", "path.id"),
        (f"/v1/operations/{2**63}", "path.id"),
        ("/v1/operations/1?wait=301", "query.wait"),
        ("/v1/operations/1?wait=-1", "query.wait"),
        ("/v1/operations/1?wait=nan", "query.wait"),
        ("/v1/operations?limit=0", "query.limit"),
        ("/v1/operations?status=done", "query.status[0]"),
        ("/v1/operations?ids=a", "query.ids"),
        ("/v1/operations?ids=1&nodes=n1", "query.ids"),
        ("/v1/operations?before=-1", "query.before"),
    ],
)
async def test_a_mistake_names_the_field(path: str, field: str, daemon: House, client: httpx.AsyncClient) -> None:
    answer = await client.get(path)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field


async def test_one_is_waited_for_until_it_ends(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    daemon.driver.reading.shut()
    operation = await daemon.ask("n1")
    answers = []

    async def wait() -> None:
        answers.append(await client.get(f"/v1/operations/{operation.id}?wait=300"))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert not answers
        daemon.driver.reading.open()
    assert answers[0].json()["status"] == "succeeded"
    assert answers[0].json()["ended_at"] is not None
    assert answers[0].json()["reason"]


async def test_one_that_has_ended_is_answered_at_once(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    operation = await daemon.done("n1")
    with trio.fail_after(60):
        answer = await client.get(f"/v1/operations/{operation.id}?wait=300")
    assert answer.json()["status"] == "succeeded"


async def test_at_the_time_out_it_is_answered_as_it_stands(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    daemon.driver.reading.shut()
    operation = await daemon.ask("n1")
    answer = await client.get(f"/v1/operations/{operation.id}?wait=0.01")
    assert answer.json()["status"] == "in-play"
    assert answer.json()["ended_at"] is None


async def test_any_end_is_enough_and_the_rest_is_pending(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1", "n2")
    ended = await daemon.done("n1")
    daemon.driver.reading.shut()
    going = await daemon.ask("n2")
    answer = (await client.post("/v1/operations/wait", json={"ids": [going.id, ended.id]})).json()
    assert [each["id"] for each in answer["ended"]] == [ended.id]
    assert answer["pending"] == [going.id]


@pytest.mark.parametrize("until", ["any", "all"])
async def test_many_are_waited_for_until_they_end(until: str, daemon: House, client: httpx.AsyncClient) -> None:
    names = [f"n{index}" for index in range(300)]
    await daemon.add(*names)
    daemon.driver.reading.shut()
    operations = await daemon.registry.request([PowerRequest(name, Ask.ON) for name in names])
    pending = [operation.id for operation in operations]
    ended: list[int] = []
    async with trio.open_nursery() as nursery:

        async def open_the_gate() -> None:
            await trio.testing.wait_all_tasks_blocked(0.05)
            daemon.driver.reading.open()

        nursery.start_soon(open_the_gate)
        rounds = 0
        while pending:
            body = {"ids": pending, "until": until, "timeout": 60}
            answer = (await client.post("/v1/operations/wait", json=body)).json()
            assert {each["status"] for each in answer["ended"]} == {"succeeded"}
            ended += [each["id"] for each in answer["ended"]]
            pending = answer["pending"]
            rounds += 1
    assert sorted(ended) == [operation.id for operation in operations]
    assert until == "any" or rounds == 1


async def test_a_wait_that_is_over_answers_with_what_there_is(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    daemon.driver.reading.shut()
    going = await daemon.ask("n1")
    answer = await client.post("/v1/operations/wait", json={"ids": [going.id], "timeout": 0.01})
    assert answer.json() == {"ended": [], "pending": [going.id]}


async def test_waiting_for_nothing_is_over_at_once(daemon: House, client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/operations/wait", json={"ids": []})
    assert answer.json() == {"ended": [], "pending": []}


async def test_one_that_was_never_given_cannot_be_waited_for(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    operation = await daemon.done("n1")
    answer = await client.post("/v1/operations/wait", json={"ids": [operation.id, 99]})
    assert (answer.status_code, answer.json()["operation"]) == (404, 99)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"ids": ["1"]}, "body.ids[0]"),
        ({"ids": [1.5]}, "body.ids[0]"),
        ({"ids": [0]}, "body.ids[0]"),
        ({"ids": [2**63]}, "body.ids[0]"),
        ({"ids": [1], "timeout": 301}, "body.timeout"),
        ({"ids": [1], "until": "some"}, "body.until"),
        ({}, "body.ids"),
    ],
)
async def test_a_mistake_in_a_wait_names_the_field(
    body: object, field: str, daemon: House, client: httpx.AsyncClient
) -> None:
    answer = await client.post("/v1/operations/wait", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_waits_leave_nothing_behind(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    daemon.driver.reading.shut()
    going = await daemon.ask("n1")
    await client.post("/v1/operations/wait", json={"ids": [going.id], "timeout": 0.01})
    assert not daemon.registry.feed.listeners


@pytest.mark.parametrize("no_number", [False, "0", None, [0]])
async def test_a_time_out_that_is_no_number_is_refused(no_number: object, client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/operations/wait", json={"ids": [], "timeout": no_number})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.timeout"
