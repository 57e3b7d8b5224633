"""A BMC that nobody here wrote beside simulated ones, and a client that nobody here wrote beside the daemon."""

import shutil
from pathlib import Path

import pytest
import trio

from command_line import PATIENCE
from ipmi_sim import an_ipmi_sim, needs_ipmi_sim
from powerfsm.client import Client
from real_site import Bmcs, Site, add_nodes, run

pytestmark = pytest.mark.stranger


@needs_ipmi_sim
async def test_a_bmc_of_openipmi_and_simulated_ones_are_driven_as_one_fleet(site: Site, tmp_path: Path) -> None:
    credentials = {
        "default": {"username": Bmcs.USER, "password": "password"},
        "openipmi": {"username": "admin", "password": "secret"},
    }
    bmcs, daemon = await site.start("n[1-3]", credentials=credentials)
    here = tmp_path / "openipmi"
    here.mkdir()
    with an_ipmi_sim(here) as strange:
        bmc = {"host": strange.bmc.host, "port": strange.bmc.port, "credentials": "openipmi"}
        await add_nodes(daemon, ["n4"], bmc)
        for ask in ("on", "reset", "cycle", "ready"):
            assert await daemon.does(ask, "n[1-4]", "--wait") == "succeeded: n[1-4]\n"
        assert await daemon.does("status") == "ready: n[1-4]\n"
        assert strange.told() == ["set power 1", "set reset 1", "set power 0", "set power 1", "set power 0"]
    for node in bmcs.names:
        assert bmcs.commands(node) == ["on", "reset", "off", "on", "off"]
    await daemon.stop()


@pytest.mark.skipif(shutil.which("ipmitool") is None, reason="ipmitool (Debian package ipmitool) is not installed")
async def test_ipmitool_reads_what_the_daemon_declares_and_what_it_changes_is_seen_as_drift(site: Site) -> None:
    timings = {"settle": 0.1, "poll": 0.05, "sweep": 0.5}
    bmcs, daemon = await site.start("n1", settings={"timings": timings, "drift": "flag"})
    await daemon.does("on", "n1", "--wait")
    (host,) = site.addresses(bmcs)
    there = ("-I", "lanplus", "-C", "17", "-H", host, "-p", str(bmcs.port), "-U", Bmcs.USER, "-P", "password")
    assert (await run("ipmitool", *there, "power", "status")).out == "Chassis Power is on\n"

    assert (await run("ipmitool", *there, "power", "off")).code == 0
    async with Client(daemon.url) as client, client.events(after=0, kinds=["transition"]) as journal:
        with trio.fail_after(PATIENCE):
            async for entry in journal:
                if entry.event == "read-off":
                    break
    seen = await daemon.ask("status")
    assert seen.code == 1
    assert "drifted" in seen.out
    assert await daemon.does("on", "n1", "--wait") == "succeeded: n1\n"
    assert await daemon.does("status") == "on: n1\n"
    assert (await run("ipmitool", *there, "power", "status")).out == "Chassis Power is on\n"
