"""What a daemon cannot run on is told in a sentence with what to do, and stays as it is."""

import sqlite3
from contextlib import closing
from pathlib import Path

from real_site import Served, Site


async def untouched(daemon: Served, *told: str, code: int = 1) -> None:
    """See that a daemon does not start, says why, and changes no byte of its database."""
    before = daemon.database.read_bytes()
    refused = await daemon.refusal()
    assert refused.code == code, refused
    assert refused.err.startswith("powerfsm: ")
    assert "Traceback" not in refused.err
    for part in told:
        assert part in refused.err
    assert daemon.database.read_bytes() == before


def apart(site: Site) -> Path:
    """A directory of its own for a second daemon."""
    directory = site.directory / "apart"
    directory.mkdir()
    return directory


async def test_a_second_daemon_on_the_same_database_is_refused_and_the_first_goes_on(site: Site) -> None:
    _, first = await site.start("n1")
    second = site.daemon(directory=apart(site), settings={"database": str(first.database)})
    refused = await second.refusal()
    assert refused.code == 1
    assert f"is in use by powerfsm with process id {first.pid}" in refused.err
    assert "stop that one first" in refused.err
    assert await first.does("on", "n1", "--wait") == "succeeded: n1\n"


async def test_an_address_that_is_taken_is_named_and_no_database_is_made(site: Site) -> None:
    first = await site.daemon().start()
    second = site.daemon(directory=apart(site), settings={"listen": first.settings["listen"]})
    refused = await second.refusal()
    assert refused.code == 1
    assert f"cannot listen on {first.settings['listen']}" in refused.err
    assert "--listen" in refused.err
    assert not second.database.exists()


async def test_without_tokens_it_listens_on_the_loopback_interface_only(site: Site) -> None:
    daemon = site.daemon(settings={"listen": "0.0.0.0:0"})
    refused = await daemon.refusal()
    assert refused.code == 2
    assert "powerfsm.yaml:" in refused.err
    assert "without tokens" in refused.err
    assert "0.0.0.0" in refused.err
    assert not daemon.database.exists()


async def test_a_database_of_a_newer_schema_or_a_damaged_one_stays_as_it_is(site: Site) -> None:
    _, daemon = await site.start("n1")
    await daemon.does("on", "n1", "--wait")
    await daemon.stop()
    sound = daemon.database.read_bytes()

    with closing(sqlite3.connect(daemon.database)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    await untouched(daemon, "has schema revision 9999", "nothing was changed", "upgrade powerfsm")

    daemon.database.write_bytes(sound[: len(sound) // 2])
    await untouched(daemon, "is damaged", "nothing was changed", "restore it from a backup")

    daemon.database.write_bytes(b"Dear diary, " * 1000)
    await untouched(daemon, "is damaged", "restore it from a backup")

    daemon.database.write_bytes(sound)
    await daemon.start()
    assert (await daemon.node("n1"))["state"] == "on"


async def test_a_mistake_in_the_configuration_is_told_with_its_line(site: Site) -> None:
    daemon = site.daemon(settings={"limits": {"total": 0}})
    refused = await daemon.refusal()
    assert refused.code == 2
    line = daemon.configuration.read_text().splitlines().index("  total: 0") + 1
    assert f"{daemon.configuration}:{line}: limits.total is 0, expected 1 or more" in refused.err
