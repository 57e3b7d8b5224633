"""A full disk: what cannot be made durable is refused and said to be, and works again once there is space."""

import itertools
from pathlib import Path

import pytest

from real_site import Served, Site, until
from small_disk import fill_up


async def until_refused(daemon: Served) -> None:
    """Ask until there is no more room in what the database has reserved."""
    async with daemon.api() as api:
        for ask in itertools.islice(itertools.cycle(("off", "on")), 2000):
            answer = await api.post("/v1/nodes/n1/power", json={"ask": ask})
            if answer.status_code != 202:
                assert answer.status_code == 503, answer.text
                assert answer.json()["type"] == "/problems/store-unavailable"
                assert int(answer.headers["Retry-After"]) > 0
                return
    pytest.fail("the disk is full, and 2,000 requests were accepted")


async def test_a_full_disk_refuses_requests_and_is_forgotten_once_there_is_space(
    site: Site, small_disk: Path
) -> None:
    bmcs, daemon = await site.start("n[1-2]", settings={"database": str(small_disk / "powerfsm.db")})
    assert await daemon.does("on", "n1", "--wait") == "succeeded: n1\n"
    ballast = small_disk / "ballast"
    fill_up(ballast)
    await until_refused(daemon)

    refused = await daemon.ask("on", "n2")
    assert refused.code == 1
    assert "full" in refused.err
    assert "free space" in refused.err
    assert bmcs.commands("n2") == []
    node = await daemon.node("n2")
    assert (node["desired"], node["generation"], node["in_play"]) == (None, 0, None)
    async with daemon.api() as api:
        assert (await api.get("/readyz")).status_code == 503
        assert (await api.get("/healthz")).status_code == 200

    ballast.unlink()
    assert await daemon.does("on", "n[1-2]", "--wait") == "succeeded: n[1-2]\n"
    async with daemon.api() as api:
        assert (await api.get("/readyz")).status_code == 200
    await until(lambda: not bmcs.open_sessions(), "end of all sessions")
    assert bmcs.power("n1") == bmcs.power("n2") == "on"
    # What had been answered has ended, every single one.
    operations = (await daemon.get("/v1/operations", limit=10_000))["operations"]
    assert {operation["status"] for operation in operations} <= {"succeeded", "superseded"}
    await daemon.stop()
