"""The daemon is told to end, or is killed, in the middle of its work: nothing that was answered is lost."""

import signal

from command_line import PATIENCE
from real_site import QUICK, Served, Site, until


async def ask(daemon: Served, node: str, what: str) -> int:
    """Ask for power over HTTP; the operation's id, once it was answered."""
    async with daemon.api() as api:
        answer = await api.post(f"/v1/nodes/{node}/power", json={"ask": what})
    assert answer.status_code == 202, answer.text
    number: int = answer.json()["id"]
    return number


async def test_told_to_end_it_closes_its_sessions_and_the_next_start_takes_the_work_up(site: Site) -> None:
    # The machine never comes up, so the daemon is at work for as long as it is left alone.
    bmcs, daemon = await site.start("n1", "--boot-delay=600")
    operation = await ask(daemon, "n1", "on")
    await bmcs.until("command", node="n1")
    await daemon.stop()  # SIGTERM, and exit code 0

    assert not bmcs.open_sessions()
    assert [event["by"] for event in bmcs.events("session-closed")] == ["own"]
    assert daemon.logged("daemon.ended")
    status = await daemon.ask("status")
    assert status.code == 3
    assert daemon.url in status.err

    await bmcs.stop()
    await bmcs.start("--boot-delay=0")
    await daemon.start()
    assert (await daemon.get(f"/v1/operations/{operation}", wait=PATIENCE))["status"] == "succeeded"
    node = await daemon.node("n1")
    assert (node["state"], node["desired"], node["generation"]) == ("on", "on", 1)
    # The operation is the one that was asked for, and no other was made.
    assert [one["id"] for one in (await daemon.get("/v1/operations"))["operations"]] == [operation]
    await daemon.stop()
    assert not bmcs.open_sessions()


async def test_told_to_end_it_refuses_requests_while_it_waits_for_a_fence(site: Site) -> None:
    bmcs, daemon = await site.start("n[1-2]", "--boot-delay=600", settings={"timings": {**QUICK, "fence": 300}})
    operation = await ask(daemon, "n1", "on")
    await bmcs.until("command")
    # A BMC that falls silent does not answer the fence.
    await bmcs.kill()
    daemon.send(signal.SIGTERM)
    await until(lambda: daemon.logged("daemon.ending"), "word of the end")
    refused = await daemon.ask("on", "n2")
    assert refused.code == 1
    assert refused.err == "powerfsm: the daemon is shutting down; ask again when it is back\n"

    # One that has been away tells whoever asks that it knows no such session, which is as good as closed.
    await bmcs.start("--boot-delay=0")
    await until(lambda: not daemon.running, "end")
    await daemon.start()
    assert (await daemon.get(f"/v1/operations/{operation}", wait=PATIENCE))["status"] == "succeeded"
    assert bmcs.commands("n2") == []
    assert (await daemon.node("n2"))["generation"] == 0


async def test_killed_it_lists_what_is_outstanding_and_fences_by_the_session_on_record(site: Site) -> None:
    bmcs, daemon = await site.start("n[1-2]", "--boot-delay=600")
    operation = await ask(daemon, "n1", "on")
    await bmcs.until("command", node="n1")
    await daemon.kill()
    assert len(bmcs.open_sessions()) == 1

    await daemon.start()
    listed = await daemon.does("recovery")
    head, *rows = listed.splitlines()
    assert head.split() == ["NODE", "STATE", "DESIRED", "OBSERVED", "IN", "PLAY", "WAITING", "SESSIONS", "TROUBLE"]
    assert [row.split()[0] for row in rows] == ["n1"]
    recovery = await daemon.get("/v1/recovery")
    (node,) = recovery["nodes"]
    assert (node["name"], node["desired"], node["observed"]) == ("n1", "on", None)
    assert (node["in_play"]["id"], node["in_play"]["status"]) == (operation, "in-play")

    # The dead one's session is closed, by its id, before anything else is commanded.
    await until(lambda: len(bmcs.events("session-closed")) > 0, "fence")
    story = [
        (event["event"], event.get("by"))
        for event in bmcs.events("session-opened", "session-closed", "command", node="n1")
    ]
    assert story[:5] == [
        ("session-opened", None),
        ("command", None),
        ("session-opened", None),
        ("session-closed", "other"),
        ("session-closed", "own"),
    ]

    assert await daemon.does("off", "n1", "--wait") == "succeeded: n1\n"
    assert (await daemon.get(f"/v1/operations/{operation}"))["status"] == "superseded"
    done = await daemon.ask("recovery")
    assert (done.code, done.out) == (0, "")
    assert "Nothing is outstanding." in done.err
    assert bmcs.commands("n2") == []
    await daemon.stop()
    assert not bmcs.open_sessions()
