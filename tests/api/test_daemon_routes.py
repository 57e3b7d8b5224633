"""The recovery listing, readiness and metrics."""

import httpx
import structlog
import trio.testing

from api_house import House
from powerfsm.bmc import Bmc
from powerfsm.node import Node
from powerfsm.operation import Status
from powerfsm.power import Ask, Command
from powerfsm.registry.assertions import Assertions
from powerfsm.store.batch import SessionInUse


def samples(text: str) -> dict[str, float]:
    return {
        name: float(value)
        for name, _, value in (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    }


async def metrics(client: httpx.AsyncClient) -> dict[str, float]:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return samples(answer.text)


async def test_the_recovery_listing_tells_what_is_outstanding(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1", "n2", "n3")
    await daemon.done("n1")
    await daemon.registry.record_session(SessionInUse("n3", 4711, Command.ON, 1.0), None)
    daemon.driver.reading.shut()
    on = await daemon.ask("n2", Ask.ON)
    cycle = await daemon.ask("n2", Ask.CYCLE)
    await trio.testing.wait_all_tasks_blocked(0.01)
    listing = (await client.get("/v1/recovery")).json()
    assert listing["ready"] is True
    assert listing["accepting"] is True
    second, third = listing["nodes"]
    assert (second["name"], second["state"], second["desired"]) == ("n2", "powering-on", "on")
    assert (second["in_play"]["id"], second["waiting"]["id"]) == (on.id, cycle.id)
    assert second["waiting"]["status"] == "waiting"
    assert (third["name"], third["in_play"]) == ("n3", None)
    assert third["sessions"] == [{"id": 4711, "command": "on", "opened_at": "1970-01-01T00:00:01.000Z"}]


async def test_a_daemon_lives_and_is_ready(daemon: House, client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    answer = await client.get("/readyz")
    assert answer.json() == {
        "status": "ready",
        "checks": {"recovery": True, "store": True, "accepting": True},
    }


async def test_what_is_missing_for_readiness_is_told(daemon: House, client: httpx.AsyncClient) -> None:
    daemon.registry.ready = False
    daemon.registry.accepting = False
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/not-ready"
    assert answer.json()["checks"] == {"recovery": False, "store": True, "accepting": False}
    assert (await client.get("/healthz")).status_code == 200


async def test_a_store_that_fails_is_not_ready_until_it_can_be_written_again(
    daemon: House, client: httpx.AsyncClient
) -> None:
    await daemon.add("n1")
    daemon.disk.full = True
    assert (await client.post("/v1/nodes/n1/power", json={"ask": "on"})).status_code == 503
    for _ in range(3):
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"]["store"] is False
    daemon.disk.full = False
    with trio.fail_after(60):
        with daemon.registry.feed.listen() as entries:
            async for batch in entries:
                if any(entry.event == "store-probed" for entry in batch):
                    break
    assert (await client.get("/readyz")).status_code == 200
    probes = [entry for entry in await daemon.store.journal() if entry.event == "store-probed"]
    assert len(probes) == 1


async def test_requests_and_ends_are_counted(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1", "n2", "n3")
    headers = {"Idempotency-Key": "k"}
    for _ in range(2):
        answer = await client.post("/v1/power", json={"nodes": "n[1-2]", "ask": "on"}, headers=headers)
    for operation in answer.json()["operations"]:
        assert (await daemon.ended(operation["id"])).status is Status.SUCCEEDED
    await client.post("/v1/power", json={"nodes": "n[3-4]", "ask": "off"})
    found = await metrics(client)
    assert found['powerfsm_requests_total{ask="on",result="accepted"}'] == 2
    assert found['powerfsm_requests_total{ask="on",result="replayed"}'] == 2
    assert found['powerfsm_requests_total{ask="off",result="unknown-node"}'] == 2
    assert found['powerfsm_operations_ended_total{ask="on",status="succeeded"}'] == 2
    assert found['powerfsm_operations_ended_total{ask="on",status="failed"}'] == 0
    assert found['powerfsm_nodes{state="on"}'] == 2
    assert found['powerfsm_nodes{state="unknown"}'] == 1
    assert found['powerfsm_nodes{state="quarantined"}'] == 0
    assert found["powerfsm_actions_in_play"] == 0
    assert found["powerfsm_nodes_drifted"] == 0
    assert found["powerfsm_defects"] == 0
    assert found["powerfsm_commit_seconds_count"] > 0
    assert found["powerfsm_journal_length"] == len(await daemon.store.journal())
    assert found['powerfsm_journal_entries_total{kind="configuration"}'] == 3


async def test_what_is_in_play_is_measured(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1", "n2")
    daemon.driver.reading.shut()
    await daemon.ask("n1", Ask.ON)
    await daemon.ask("n1", Ask.CYCLE)
    found = await metrics(client)
    assert found["powerfsm_actions_in_play"] == 1
    assert found['powerfsm_operations{status="in-play"}'] == 1
    assert found['powerfsm_operations{status="waiting"}'] == 1
    assert found["powerfsm_nodes_outstanding"] == 1


async def test_properties_that_nodes_break_are_counted(daemon: House, client: httpx.AsyncClient) -> None:
    found = await metrics(client)
    for name in daemon.registry.assertions.properties:
        assert found[f'powerfsm_broken_properties_total{{property="{name}"}}'] == 0
    # As in production: without the alarm that ends a daemon under test.
    daemon.registry.assertions = Assertions(daemon.registry.spec, trio.current_time)
    with structlog.testing.capture_logs():
        await daemon.registry.add([Node("n1", Bmc("n1"), state="ready")])
    found = await metrics(client)
    assert found['powerfsm_broken_properties_total{property="ready-was-read-off"}'] == 1
    assert found['powerfsm_broken_properties_total{property="equal-ones-join"}'] == 0


async def test_commits_that_fail_are_counted(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    daemon.disk.full = True
    await client.post("/v1/nodes/n1/power", json={"ask": "on"})
    found = await metrics(client)
    assert found["powerfsm_commits_failed_total"] == 1
    assert found['powerfsm_requests_total{ask="on",result="store-unavailable"}'] == 1


async def test_no_metric_names_a_node(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("a-node-of-this-name")
    await daemon.done("a-node-of-this-name")
    assert "a-node-of-this-name" not in (await client.get("/metrics")).text
