"""Nodes over HTTP: listed in pages, added in bulk and paired with their BMCs, changed and removed whole."""

from typing import Any

import httpx
import pytest
import trio.testing

from api_house import House, house
from powerfsm.bmc import Bmc
from powerfsm.node import Drift
from powerfsm.power import Ask


async def names(client: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await client.get("/v1/nodes", params=query)
    assert answer.status_code == 200, answer.text
    return [node["name"] for node in answer.json()["nodes"]]


async def test_nodes_are_added_with_defaults(daemon: House, client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/nodes", json={"names": "n1", "bmc": {"host": "10.0.0.1"}})
    assert answer.status_code == 201
    assert answer.json() == {"added": 1, "names": "n1"}
    assert answer.headers["location"] == "/v1/nodes/n1"
    shown = (await client.get("/v1/nodes/n1")).json()
    assert shown["bmc"] == {
        "host": "10.0.0.1",
        "port": 623,
        "credentials": "default",
        "cipher_suite": None,
        "privilege": "administrator",
    }
    assert shown["policy"] == {
        "driver": "ipmi",
        "drift": "flag",
        "ranking": "off-outranks-on",
        "group": None,
        "timings": {},
    }
    assert (shown["state"], shown["desired"], shown["generation"]) == ("unknown", None, 0)


async def test_everything_that_can_be_said_of_nodes_is_kept(daemon: House, client: httpx.AsyncClient) -> None:
    bmc = {
        "host": "10.0.0.[1-2]",
        "port": 6230,
        "credentials": "rack1",
        "cipher_suite": 17,
        "privilege": "operator",
    }
    policy = {
        "driver": "pyghmi",
        "drift": "enforce",
        "ranking": "latest-wins",
        "group": "rack1",
        "timings": {"settle": 5, "fence": 2.5},
    }
    answer = await client.post("/v1/nodes", json={"names": "n[01-02]", "bmc": bmc, "policy": policy})
    assert answer.json() == {"added": 2, "names": "n[01-02]"}
    for index, name in enumerate(("n01", "n02"), 1):
        shown = (await client.get(f"/v1/nodes/{name}")).json()
        assert shown["bmc"] == bmc | {"host": f"10.0.0.{index}"}
        assert shown["policy"] == policy
    nodes = daemon.registry.nodes
    assert nodes["n01"].policy is nodes["n02"].policy


@pytest.mark.parametrize(
    ("given", "hosts", "ports"),
    [
        ({"host": "b[3,1-2]"}, ["b1", "b2", "b3"], [623] * 3),
        ({"host": ["b3", "b1", "b2"]}, ["b3", "b1", "b2"], [623] * 3),
        ({"host": "b3,b1,b2"}, ["b3", "b1", "b2"], [623] * 3),
        ({"host": "127.0.0.1", "port": "7003,7001-7002"}, ["127.0.0.1"] * 3, [7003, 7001, 7002]),
        ({"host": "127.0.0.1", "port": [3, 2, 1]}, ["127.0.0.1"] * 3, [3, 2, 1]),
        ({"host": "{node}-BMC.Example"}, ["n1-bmc.example", "n2-bmc.example", "n3-bmc.example"], [623] * 3),
        ({"host": ["fe80::1", "0:0::2", "FE80::3"]}, ["fe80::1", "::2", "fe80::3"], [623] * 3),
    ],
)
async def test_names_and_bmcs_are_paired_by_position(
    given: dict[str, object],
    hosts: list[str],
    ports: list[int],
    daemon: House,
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("/v1/nodes", json={"names": "n[1-3]", "bmc": given})
    assert answer.status_code == 201, answer.text
    found = [daemon.registry.nodes[name].bmc for name in ("n1", "n2", "n3")]
    assert [bmc.host for bmc in found] == hosts
    assert [bmc.port for bmc in found] == ports


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"names": "n[1-3]", "bmc": {"host": "b[1-2]"}}, "body.bmc.host"),
        ({"names": "n[1-3]", "bmc": {"host": "b[1-3]", "port": "1-2"}}, "body.bmc.port"),
        ({"names": "n1", "bmc": {"host": "b1", "port": 0}}, "body.bmc.port"),
        ({"names": "n1", "bmc": {"host": "b1", "port": "70000"}}, "body.bmc.port"),
        ({"names": "n1", "bmc": {"host": "b1", "port": "x"}}, "body.bmc.port"),
        ({"names": "n1", "bmc": {"host": "b1", "port": True}}, "body.bmc.port"),
        ({"names": "n1", "bmc": {"host": "b_1/"}}, "body.bmc.host"),
        ({"names": "n1", "bmc": {"host": ["b 1"]}}, "body.bmc.host"),
        ({"names": "n1", "bmc": {}}, "body.bmc.host"),
        ({"names": "n1"}, "body.bmc"),
        ({"names": "n1", "bmc": {"host": "b1", "password": "x"}}, "body.bmc.password"),
        ({"names": "n1", "bmc": {"host": "b1", "cipher_suite": 1}}, "body.bmc.cipher_suite"),
        ({"names": "n1", "bmc": {"host": "b1", "privilege": "root"}}, "body.bmc.privilege"),
        ({"names": "n1", "bmc": {"host": "b1"}, "policy": {"drift": "x"}}, "body.policy.drift"),
        ({"names": "n1", "bmc": {"host": "b1"}, "policy": {"driver": "x"}}, "body.policy.driver"),
        ({"names": "n1", "bmc": {"host": "b1"}, "policy": {"ranking": "x"}}, "body.policy.ranking"),
        ({"names": "n1", "bmc": {"host": "b1"}, "policy": {"timings": {"x": 1}}}, "body.policy.timings"),
        (
            {"names": "n1", "bmc": {"host": "b1"}, "policy": {"timings": {"settle": -1}}},
            "body.policy.timings.settle",
        ),
        ({"names": ["a/b"], "bmc": {"host": "b1"}}, "body.names"),
        ({"names": ["n[1-2]"], "bmc": {"host": "b1"}}, "body.names"),
    ],
)
async def test_a_mistake_names_the_field_and_adds_nothing(
    body: object, field: str, daemon: House, client: httpx.AsyncClient
) -> None:
    answer = await client.post("/v1/nodes", json=body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not daemon.registry.nodes


async def test_a_bad_hostlist_is_named(daemon: House, client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/nodes", json={"names": "@all", "bmc": {"host": "b1"}})
    assert (answer.status_code, answer.json()["field"]) == (422, "body.names")
    assert answer.json()["type"] == "/problems/bad-hostlist"


async def test_a_name_is_given_once(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n2")
    answer = await client.post("/v1/nodes", json={"names": "n[1-2]", "bmc": {"host": "{node}.example"}})
    assert answer.status_code == 409
    assert (answer.json()["type"], answer.json()["node"]) == ("/problems/duplicate-node", "n2")
    assert set(daemon.registry.nodes) == {"n2"}


@pytest.mark.parametrize("spelling", ["10.0.0.1", "BMC1.example", "::1", "0:0:0:0:0:0:0:1"])
async def test_an_address_belongs_to_one_node(spelling: str, daemon: House, client: httpx.AsyncClient) -> None:
    added = {"names": "n[1-3]", "bmc": {"host": ["10.0.0.1", "bmc1.example", "::1"]}}
    assert (await client.post("/v1/nodes", json=added)).status_code == 201
    answer = await client.post("/v1/nodes", json={"names": "n9", "bmc": {"host": [spelling]}})
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/duplicate-address"
    assert answer.json()["node"] == "n9"
    assert answer.json()["owner"] in {"n1", "n2", "n3"}


async def test_nodes_that_say_nothing_of_drift_get_the_daemons_policy(tmp_path: Any) -> None:
    async with house(tmp_path, drift=Drift.ENFORCE) as daemon, daemon.client() as client:
        for name, policy in (("n1", {}), ("n2", {"group": "r1"}), ("n3", {"drift": "adopt"})):
            body = {"names": name, "bmc": {"host": name}, "policy": policy}
            assert (await client.post("/v1/nodes", json=body)).status_code == 201
        found = [daemon.registry.nodes[name].policy.drift for name in ("n1", "n2", "n3")]
        assert found == [Drift.ENFORCE, Drift.ENFORCE, Drift.ADOPT]


async def test_nodes_come_in_pages_by_name(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("b", "d", "a", "e", "c")
    seen, after = [], None
    for _ in range(3):
        query: dict[str, Any] = {"limit": 2} | ({"after": after} if after else {})
        page = (await client.get("/v1/nodes", params=query)).json()
        seen += [node["name"] for node in page["nodes"]]
        after = page["next"]
    assert seen == ["a", "b", "c", "d", "e"]
    assert after is None


async def test_a_page_that_is_just_full_is_the_last(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("a", "b")
    assert (await client.get("/v1/nodes?limit=2")).json()["next"] is None
    assert (await client.get("/v1/nodes?limit=1")).json()["next"] == "a"


async def test_nodes_are_filtered(daemon: House, client: httpx.AsyncClient) -> None:
    body = {"names": "n[1-4]", "bmc": {"host": "{node}"}, "policy": {"group": "r1"}}
    await client.post("/v1/nodes", json=body)
    await daemon.add("m1")
    await daemon.done("n2", Ask.ON)
    await daemon.done("n3", Ask.OFF)
    assert await names(client, names="n[3-4],m1") == ["m1", "n3", "n4"]
    assert await names(client, group="r1") == ["n1", "n2", "n3", "n4"]
    assert await names(client, state=["on", "off"]) == ["n2", "n3"]
    assert await names(client, names="n[2-4]", state="on", group="r1") == ["n2"]


async def test_a_name_that_is_no_node_is_told(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    for path in ("/v1/nodes?names=n[1-2]", "/v1/nodes/n2"):
        answer = await client.get(path)
        assert answer.status_code == 404
        assert answer.json()["node"] == "n2"


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "query.limit"), ("limit=10001", "query.limit"), ("state=up", "query.state")],
)
async def test_a_mistake_in_the_query_names_the_field(
    query: str, field: str, daemon: House, client: httpx.AsyncClient
) -> None:
    answer = await client.get(f"/v1/nodes?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_a_change_leaves_what_it_does_not_name(daemon: House, client: httpx.AsyncClient) -> None:
    body = {
        "names": "n1",
        "bmc": {"host": "b1", "port": 7, "credentials": "c"},
        "policy": {"group": "r1", "timings": {"settle": 1, "fence": 2}},
    }
    await client.post("/v1/nodes", json=body)
    change = {"bmc": {"cipher_suite": 3}, "policy": {"timings": {"settle": 9}}}
    answer = await client.patch("/v1/nodes/n1", json=change)
    assert answer.status_code == 200
    assert answer.json()["bmc"] == {
        "host": "b1",
        "port": 7,
        "credentials": "c",
        "cipher_suite": 3,
        "privilege": "administrator",
    }
    assert answer.json()["policy"]["group"] == "r1"
    assert answer.json()["policy"]["timings"] == {"settle": 9}
    answer = await client.patch("/v1/nodes/n1", json={"policy": {"group": None}, "bmc": {"cipher_suite": None}})
    assert answer.json()["policy"]["group"] is None
    assert answer.json()["bmc"]["cipher_suite"] is None
    assert daemon.registry.nodes["n1"].bmc == Bmc("b1", 7, "c")


async def test_many_nodes_are_changed_at_once(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1", "n2", "n3")
    change = {"bmc": {"host": "10.0.0.[1-2]"}, "policy": {"group": "r2"}}
    answer = await client.patch("/v1/nodes", params={"names": "n[1-2]"}, json=change)
    assert answer.json() == {"changed": 2, "names": "n[1-2]"}
    nodes = daemon.registry.nodes
    assert [nodes[name].bmc.host for name in ("n1", "n2", "n3")] == ["10.0.0.1", "10.0.0.2", "n3-bmc"]
    assert [nodes[name].policy.group for name in ("n1", "n2", "n3")] == ["r2", "r2", None]
    answer = await client.patch("/v1/nodes", params={"names": "n[3-4]"}, json={"policy": {"group": "r9"}})
    assert (answer.status_code, answer.json()["node"]) == (404, "n4")
    assert nodes["n3"].policy.group is None


async def test_two_nodes_can_trade_their_addresses(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1", "n2")
    change = {"bmc": {"host": ["n2-bmc", "n1-bmc"]}}
    answer = await client.patch("/v1/nodes", params={"names": "n[1-2]"}, json=change)
    assert answer.status_code == 200
    assert daemon.registry.nodes["n1"].bmc.host == "n2-bmc"


async def test_a_change_to_an_address_in_use_is_refused(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1", "n2")
    answer = await client.patch("/v1/nodes/n1", json={"bmc": {"host": "n2-bmc"}})
    assert (answer.status_code, answer.json()["owner"]) == (409, "n2")


async def test_a_node_with_an_action_in_play_is_neither_changed_nor_removed(
    daemon: House, client: httpx.AsyncClient
) -> None:
    await daemon.add("n1", "n2")
    daemon.driver.reading.shut()
    operation = await daemon.ask("n2")
    for answer in (
        await client.patch("/v1/nodes/n2", json={"bmc": {"port": 7}}),
        await client.delete("/v1/nodes/n2"),
        await client.delete("/v1/nodes", params={"names": "n[1-2]"}),
    ):
        assert answer.status_code == 409
        assert answer.json()["type"] == "/problems/node-busy"
        assert (answer.json()["node"], answer.json()["operation"]) == ("n2", operation.id)
    assert set(daemon.registry.nodes) == {"n1", "n2"}


async def test_nodes_are_removed(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1", "n2", "n3")
    answer = await client.delete("/v1/nodes/n1")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await client.delete("/v1/nodes", params={"names": "n[2-3]"})).status_code == 204
    assert not daemon.registry.nodes
    assert (await client.delete("/v1/nodes/n1")).status_code == 404


async def test_removing_needs_names(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    answer = await client.delete("/v1/nodes")
    assert answer.status_code == 422
    assert set(daemon.registry.nodes) == {"n1"}


async def test_changes_that_come_together_are_all_made(daemon: House, client: httpx.AsyncClient) -> None:
    await daemon.add("n1")
    daemon.disk.writing.shut()

    async def change(body: dict[str, object]) -> None:
        assert (await client.patch("/v1/nodes/n1", json=body)).status_code == 200

    async with trio.open_nursery() as nursery:
        bodies: list[dict[str, object]] = [
            {"bmc": {"port": 7}},
            {"bmc": {"credentials": "c"}},
            {"policy": {"group": "r1"}},
        ]
        for body in bodies:
            nursery.start_soon(change, body)
        await trio.testing.wait_all_tasks_blocked(0.05)
        daemon.disk.writing.open()
    node = daemon.registry.nodes["n1"]
    assert (node.bmc.port, node.bmc.credentials, node.policy.group) == (7, "c", "r1")
