"""Everything that can be asked, asked as a user does, and seen by the BMC itself."""

import json
import os
import pty
import signal
import subprocess

import pytest
import trio

from command_line import PATIENCE, Ran
from powerfsm.client import Client
from powerfsm.demo.processes import program
from real_site import Bmcs, Served, Site, names_of


async def test_every_ask_ends_as_it_says_and_the_bmc_has_seen_what_it_takes(site: Site) -> None:
    bmcs, daemon = await site.start("n[1-2]")

    # By which door what is asked, what it takes at the BMC, what the node is then.
    for door, ask, takes, state in (
        (command_line, "on", ["on"], "on"),
        (api, "on", [], "on"),
        (command_line, "reset", ["reset"], "on"),
        (command_line, "cycle", ["off", "on"], "on"),
        (command_line, "soft-off", ["soft-off"], "off"),
        (api, "reset", ["on"], "on"),
        (command_line, "off", ["off"], "off"),
        (api, "soft-off", [], "off"),
        (api, "cycle", ["on"], "on"),
        (api, "ready", ["off"], "ready"),
        (api, "on", ["on"], "on"),
        (command_line, "ready", ["off"], "ready"),
    ):
        before = {node: len(bmcs.commands(node)) for node in bmcs.names}
        await door(daemon, ask)
        for node in bmcs.names:
            assert bmcs.commands(node)[before[node] :] == takes, ask
            assert (await daemon.node(node))["state"] == state, ask
    assert await daemon.does("status") == "ready: n[1-2]\n"
    assert await daemon.does("recovery") == ""

    assert not bmcs.open_sessions()
    assert {event["by"] for event in bmcs.events("session-closed")} == {"own"}
    await daemon.stop()
    await bmcs.stop()


async def command_line(daemon: Served, ask: str) -> None:
    """Ask with the command line, and wait."""
    assert await daemon.does(ask, "n[1-2]", "--wait") == "succeeded: n[1-2]\n"


async def api(daemon: Served, ask: str) -> None:
    """Ask over HTTP, and wait."""
    async with daemon.api() as http:
        asked = await http.post("/v1/power", json={"nodes": "n[1-2]", "ask": ask})
        assert asked.status_code == 202, asked.text
        ids = [operation["id"] for operation in asked.json()["operations"]]
        waited = await http.post("/v1/operations/wait", json={"ids": ids, "until": "all", "timeout": PATIENCE})
    assert waited.status_code == 200, waited.text
    assert names_of(waited.json()["ended"], "succeeded") == ["n1", "n2"]


async def test_an_operation_can_be_asked_after_and_waited_for_by_its_id(site: Site) -> None:
    _, daemon = await site.start("n1")
    asked = json.loads(await daemon.does("on", "n1", "--json"))
    (operation,) = asked["operations"]
    assert operation["status"] in {"in-play", "succeeded"}

    waited = await daemon.get(f"/v1/operations/{operation['id']}", wait=PATIENCE)
    assert waited["status"] == "succeeded"
    assert waited["asked_by"] == "local"
    told = json.loads(await daemon.does("operations", str(operation["id"]), "--wait", "--json"))
    assert told["operations"] == [waited]
    node = await daemon.node("n1")
    assert (node["state"], node["desired"], node["observed"], node["generation"]) == ("on", "on", "on", 1)
    # The journal tells the same story: asked, commanded, read, declared.
    kinds = [(entry["kind"], entry["event"]) for entry in await daemon.journal("n1")]
    story = [("transition", "request"), ("command", "on"), ("observation", "read-on"), ("transition", "confirmed")]
    places = [kinds.index(chapter) for chapter in story]
    assert places == sorted(places), kinds


async def test_events_are_followed_while_they_happen(site: Site) -> None:
    _, daemon = await site.start("n[1-2]")
    async with Client(daemon.url) as client, client.events(nodes="n1") as stream:
        await daemon.does("on", "n[1-2]")
        with trio.fail_after(PATIENCE):
            async for entry in stream:
                assert entry.node == "n1"
                if entry.event == "confirmed":
                    break


async def test_waiting_on_a_terminal_shows_a_bar(site: Site) -> None:
    _, daemon = await site.start("n[1-3]")
    ours, theirs = pty.openpty()
    env = os.environ | {"POWERFSM_URL": daemon.url, "TERM": "xterm"}
    command = [program("powerfsm"), "on", "n[1-3]", "--wait"]
    process = await trio.lowlevel.open_process(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    shown = b""
    with trio.fail_after(PATIENCE), open(ours, "rb", buffering=0) as terminal:  # noqa: ASYNC230, PTH123 (a descriptor)
        while True:
            try:
                await trio.lowlevel.wait_readable(terminal.fileno())
                shown += terminal.read(65536)
            except OSError:
                break  # Linux says so when the last one has closed the other side.
        await process.wait()
    assert process.returncode == 0
    assert b"powering on" in shown
    assert b"3/3" in shown
    assert b"succeeded:" in shown


@pytest.mark.parametrize("gives_up", ["with Ctrl-C", "after some time"])
async def test_whoever_stops_waiting_is_told_that_the_work_goes_on(site: Site, gives_up: str) -> None:
    # The machine does not come up while anybody waits.
    bmcs, daemon = await site.start("n1", "--boot-delay=600")
    if gives_up == "with Ctrl-C":
        ran = await interrupted(bmcs, daemon, "on", "n1", "--wait")
        assert ran.code == 130
    else:
        ran = await daemon.ask("on", "n1", "--wait", "--timeout", "0.5")
        assert ran.code == 1
    if gives_up == "with Ctrl-C" and "before the daemon answered" in ran.err:
        # The BMC was faster than the answer: the command cannot know the operation, and says how to find it.
        assert "powerfsm operations --node n1" in ran.err
    else:
        assert ran.out.startswith("not ended: n1")
        assert "the daemon goes on with" in ran.err
        assert "powerfsm operations 1 --wait" in ran.err

    # It goes on indeed, until it is told otherwise.
    assert await daemon.does("off", "n1", "--wait") == "succeeded: n1\n"
    ended = await daemon.ask("operations", "1", "--wait")
    assert ended.code == 1
    assert ended.out.startswith("superseded: n1\n")


async def interrupted(bmcs: Bmcs, daemon: Served, *words: str) -> Ran:
    """Give a command and press Ctrl-C once a BMC has heard of it."""
    with trio.fail_after(PATIENCE):
        process = await trio.lowlevel.open_process(
            [program("powerfsm"), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"POWERFSM_URL": daemon.url},
        )
        assert process.stdout is not None
        assert process.stderr is not None
        async with process.stdout, process.stderr:
            await bmcs.until("command")
            process.send_signal(signal.SIGINT)
            out = b"".join([piece async for piece in process.stdout])
            err = b"".join([piece async for piece in process.stderr])
            return Ran(await process.wait(), out.decode(), err.decode())
