"""The control API over real HTTP: it shows a fleet as it is, changes it, and refuses what makes no sense."""

import json
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import trio
from prometheus_client.parser import text_string_to_metric_families

from bmcsim import MemoryLog, bound
from bmcsim.control import CannotListenError, control_app, listening, serving
from bmcsim.faults.catalogue import CATALOGUE
from bmcsim.fleet import Fleet
from bmcsim.hardware import Power
from bmcsim.scenario import parse_scenario, plan
from bmcsim.tally import Tally
from powerfsm.ipmi.wire.asf import Ping


@dataclass
class Site:
    """A fleet, and a client of its control API."""

    fleet: Fleet
    tally: Tally
    log: MemoryLog
    client: httpx.AsyncClient

    async def refusal(self, method: str, path: str, status: int, body: object = None) -> str:
        answer = await self.client.request(method, path, json=body)
        assert answer.status_code == status, answer.text
        return str(answer.json()["detail"])


@asynccontextmanager
async def site(text: str = "nodes: n[1-3]", token: str | None = None) -> AsyncGenerator[Site]:
    made = plan(parse_scenario(text.encode(), "s.yaml", Path()))
    log = MemoryLog()
    tally = Tally(log)
    fleet = made.fleet(tally)
    with bound(fleet, made.addresses) as serve, listening("127.0.0.1", 0) as door:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve)
            async with (
                serving(control_app(fleet, tally, token), door) as url,
                httpx.AsyncClient(base_url=url, timeout=30) as client,
            ):
                yield Site(fleet, tally, log, client)
            nursery.cancel_scope.cancel()


async def ping(address: tuple[str, int]) -> bytes:
    with trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) as client:
        await client.sendto(Ping(1).encode(), address)
        with trio.fail_after(30):
            return await client.recv(100)


def knock(address: tuple[str, int]) -> None:
    """Send a ping, and wait for nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(Ping(1).encode(), address)


async def test_nodes_are_shown_as_they_are() -> None:
    async with site() as here:
        here.fleet.press_power_button("n2")
        nodes = (await here.client.get("/nodes")).json()
        assert [(node["name"], node["power"]) for node in nodes] == [("n1", "off"), ("n2", "on"), ("n3", "off")]
        host, port = here.fleet.addresses["n1"]
        assert nodes[0]["address"] == {"host": host, "port": port}
        some = (await here.client.get("/nodes", params={"nodes": "n[2-3]"})).json()
        assert [node["name"] for node in some] == ["n2", "n3"]
        assert (await here.client.get("/nodes/n2")).json() == {
            "name": "n2",
            "power": "on",
            "mains": True,
            "answering": True,
            "sessions": 0,
            "address": nodes[1]["address"],
            "redfish": None,
            "open": [],
        }


async def test_actions_are_done_and_stand_in_the_log() -> None:
    async with site("nodes: [{names: 'n[1-3]', machine: {power: on, restore: previous}}]") as here:
        done = await here.client.post("/actions", json={"do": "plug-out", "nodes": "n[1-2]"})
        assert done.json()["nodes"] == ["n1", "n2"]
        assert [bmc.machine.power for bmc in here.fleet] == [Power.OFF, Power.OFF, Power.ON]
        assert [event["cause"] for event in here.log.named("power")] == ["mains", "mains"]
        (node,) = (await here.client.get("/nodes", params={"nodes": "n1"})).json()
        assert (node["mains"], node["answering"]) == (False, False)
        await here.client.post("/actions", json={"do": "plug-in", "nodes": "n1"})
        with trio.fail_after(30):
            await here.log.until(lambda event: event["event"] == "power" and event["to"] == "on")
        assert here.fleet["n1"].machine.power is Power.ON


async def test_a_fault_is_added_strikes_and_is_removed_while_it_runs() -> None:
    async with site() as here:
        rule = {"fault": "drop", "nodes": "n1", "steps": ["ping"], "way": "in", "times": 1}
        added = await here.client.post("/faults", json=rule)
        assert added.status_code == 201
        assert added.json() == {"id": 1, "rule": {**rule}, "struck": 0}
        await ping(here.fleet.addresses["n2"])
        knock(here.fleet.addresses["n1"])
        with trio.fail_after(30):
            await here.log.until(lambda event: event["event"] == "fault" and event["kind"] == "drop")
        assert (await here.client.get("/faults")).json()[0]["struck"] == 1
        assert (await here.client.delete("/faults/1")).status_code == 204
        assert (await here.client.get("/faults")).json() == []
        assert await ping(here.fleet.addresses["n1"])


async def test_faults_of_the_scenario_are_listed_without_secrets() -> None:
    text = "nodes: n1\nfaults: [{fault: password-rotated, until: 9}, {fault: busy, steps: [chassis-status]}]"
    async with site(text) as here:
        listed = (await here.client.get("/faults")).json()
        assert [(each["id"], each["rule"]["fault"]) for each in listed] == [(1, "password-rotated"), (2, "busy")]
        assert listed[0]["rule"] == {"fault": "password-rotated", "until": 9}


@pytest.mark.parametrize("name", list(CATALOGUE))
async def test_what_is_listed_can_be_put_in_force_again(name: str) -> None:
    from bmcsim.scenario.rules import read_rule, written_rule

    rule = read_rule({"fault": name, "nodes": "n1", "probability": 0.25})
    assert read_rule(json.loads(json.dumps(written_rule(rule)))) == rule


async def test_what_makes_no_sense_is_refused_with_what_would() -> None:
    async with site() as here:
        refusal = here.refusal
        assert "there is no node n9" in await refusal("GET", "/nodes/n9", 404)
        assert "no hostlist" in await refusal("GET", "/nodes?nodes=n[1-", 422)
        told = await refusal("POST", "/actions", 422, {"do": "dance", "nodes": "n1"})
        assert told.startswith("do is 'dance', expected 'button', ")
        assert "there is no node n7" in await refusal("POST", "/actions", 404, {"do": "wake", "nodes": "n7"})
        told = await refusal("POST", "/faults", 422, {"fault": "bussy"})
        assert "did you mean busy?" in told
        told = await refusal("POST", "/faults", 422, {"fault": "drop", "wya": "in"})
        assert "there is no key 'wya' here (did you mean way?)" in told
        assert "no such nodes" in await refusal("POST", "/faults", 422, {"fault": "drop", "nodes": "n7"})
        assert "no rule with id 5" in await refusal("DELETE", "/faults/5", 404)
        assert [bmc.machine.power for bmc in here.fleet] == [Power.OFF] * 3


async def test_events_come_as_they_happen_with_their_numbers() -> None:
    async with site() as here:
        url = here.client.base_url
        # Not httpx: its readers of lines cannot be left before the end.
        async with await trio.open_tcp_stream(url.host, url.port or 80) as stream:
            query = "follow=true&event=power&nodes=n[1-2]"
            await stream.send_all(f"GET /events?{query} HTTP/1.1\r\nHost: {url.host}\r\n\r\n".encode())
            received = b""
            with trio.fail_after(30):
                while b"\r\n\r\n" not in received:
                    received += await stream.receive_some()
                for name in ("n1", "n3", "n2"):
                    here.fleet.press_power_button(name)
                while received.count(b'{"n":') < 2:
                    received += await stream.receive_some()
        first, second = [json.loads(line) for line in received.splitlines() if line.startswith(b'{"n":')]
        assert [(event["n"], event["node"]) for event in (first, second)] == [(4, "n1"), (6, "n2")]
        later = await here.client.get("/events", params={"after": 4})
        assert [json.loads(line)["n"] for line in later.text.splitlines()] == [5, 6]


async def test_metrics_agree_with_the_log() -> None:
    async with site("nodes: n[1-3]\nfaults: [{fault: no-pong, nodes: n1}]") as here:
        here.fleet.press_power_button("n1")
        knock(here.fleet.addresses["n1"])
        await ping(here.fleet.addresses["n2"])
        with trio.fail_after(30):
            await here.log.until(lambda event: event["event"] == "fault")
        families = text_string_to_metric_families((await here.client.get("/metrics")).text)
        found = {
            (sample.name, *sample.labels.values()): sample.value for each in families for sample in each.samples
        }
        assert found["bmcsim_bmcs", "on"] == 1
        assert found["bmcsim_bmcs", "off"] == 2
        assert found["bmcsim_faults_total", "no-pong"] == 1
        assert found["bmcsim_faults_total", "busy"] == 0
        assert found["bmcsim_datagrams_total", "in"] == 2
        assert found["bmcsim_datagrams_total", "out"] == 1
        assert found["bmcsim_events_total",] == here.tally.number
        assert not any("n1" in key for key in found)


async def test_a_token_is_asked_for_where_there_is_one() -> None:
    async with site(token="sesame") as here:
        assert "control token" in await here.refusal("GET", "/nodes", 401)
        wrong = await here.client.get("/nodes", headers={"Authorization": "Bearer wrong"})
        assert wrong.status_code == 401
        assert (await here.client.get("/health")).json()["bmcs"] == 3
        right = await here.client.get("/nodes", headers={"Authorization": "Bearer sesame", "Host": "lab.example"})
        assert right.status_code == 200


async def test_without_a_token_nobody_is_let_in_by_a_foreign_name() -> None:
    async with site() as here:
        answer = await here.client.get("/nodes", headers={"Host": "rebound.example"})
        assert answer.status_code == 403
        assert (await here.client.get("/nodes", headers={"Host": "localhost:80"})).status_code == 200


async def test_it_describes_itself() -> None:
    async with site() as here:
        described = (await here.client.get("/openapi.json")).json()
        assert set(described["paths"]) == {
            "/health",
            "/metrics",
            "/nodes",
            "/nodes/{name}",
            "/actions",
            "/faults",
            "/faults/{number}",
            "/events",
        }


def test_a_port_that_is_taken_is_told() -> None:
    with listening("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        told = f"cannot listen on 127.0.0.1:{port}: Address already in use"
        with pytest.raises(CannotListenError, match=told), listening("127.0.0.1", port):
            pass
