"""The journal of a real daemon that was killed in the middle of its work, audited while the next one runs."""

import json
import sqlite3
from contextlib import closing

from powerfsm.demo.processes import program
from real_site import Site, run


async def test_what_a_daemon_did_that_was_killed_and_started_again_is_possible(site: Site) -> None:
    bmcs, daemon = await site.start("n[1-4]")
    await daemon.does("on", "n[1-4]", "--wait")
    await daemon.does("cycle", "n[1-2]")
    await daemon.does("off", "n3")
    await bmcs.until("command", node="n1")
    await daemon.kill()
    await daemon.start()
    await daemon.does("ready", "n4", "--wait")
    await daemon.does("operations", "--wait")
    live = json.loads(await daemon.does("audit", str(daemon.database), "--json"))
    assert (live["possible"], live["starts"], live["nodes"], live["operations"]) == (True, 2, 4, 8)

    export = daemon.directory / "journal.jsonl"
    export.write_text(await daemon.does("events", "--after", "0", "--json"), encoding="utf-8")
    told = json.loads(await daemon.does("audit", str(export), "--json"))
    assert (told["possible"], told["entries"]) == (True, live["entries"])
    await daemon.stop()

    ended = await run(program("powerfsm"), "audit", daemon.database)
    assert ended.code == 0, ended
    with closing(sqlite3.connect(daemon.database)) as connection, connection:
        connection.execute("UPDATE node SET state = 'off' WHERE name = 'n1'")
    assert (await run(program("powerfsm"), "audit", daemon.database)).code == 1
    await bmcs.stop()
