"""How fast a journal is audited, beside a bare pass over the same rows.

Run from a checkout: `python bench/audit.py --entries 500000`.  The journal is a real one, of nodes that are driven
on, off and round in virtual time, told over and over by further nodes: names, operations and numbers are those of
a larger fleet, everything else is as it was written.  It is put into a store, with the tables that belong to it,
and read by both from there.  The two take turns, and the best of each counts.
"""

import argparse
import json
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import trio

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from laboratory import laboratory, run_in_virtual_time
from powerfsm.audit.database import open_database
from powerfsm.audit.run import Audit
from powerfsm.bmc import Bmc
from powerfsm.journal import Entry
from powerfsm.power import Ask
from powerfsm.spec import load
from powerfsm.store.batch import Batch
from powerfsm.store.store import open_store
from recorded import Recorded, recorded


async def _drive() -> Recorded:
    async with laboratory() as lab:
        await lab.add("n1", "n2")
        for ask in (Ask.ON, Ask.RESET, Ask.CYCLE, Ask.OFF, Ask.ON, Ask.SOFT_OFF):
            async with trio.open_nursery() as nursery:
                for name in ("n1", "n2"):
                    nursery.start_soon(lab.done, name, ask)
        return recorded(lab)


class _Copies:
    """A journal, told by so many fleets at once."""

    def __init__(self, left: Recorded, copies: int) -> None:
        self._left = left
        self._copies = copies
        self._numbers: dict[tuple[int, int], int] = {}

    def _number(self, copy: int, operation: int | None) -> int | None:
        if operation is None:
            return None
        return self._numbers.setdefault((copy, operation), len(self._numbers) + 1)

    def batch(self) -> Batch:
        """All of it, as one commit."""
        journal: list[Entry] = []
        for _, together in groupby(self._left.journal, lambda entry: entry.at):
            commit = list(together)
            for copy in range(self._copies):
                for entry in commit:
                    if entry.node is None and copy:
                        continue
                    node = None if entry.node is None else f"{entry.node}c{copy}"
                    number = self._number(copy, entry.operation)
                    detail = {"host": node, "port": 623} if entry.event == "added" else entry.detail
                    seq = len(journal) + 1
                    journal.append(entry._replace(seq=seq, node=node, operation=number, detail=detail))
        batch = Batch(journal=journal)
        for copy in range(self._copies):
            for one in self._left.nodes:
                name = f"{one.name}c{copy}"
                batch.nodes[name] = replace(one, name=name, bmc=Bmc(name))
            for operation in self._left.operations:
                number = self._numbers[copy, operation.id]
                batch.operations[number] = replace(operation, id=number, node=f"{operation.node}c{copy}")
        return batch


def _bare(path: Path) -> float:
    """Read every row and parse what there is of JSON in it."""
    begun = time.perf_counter()
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        for row in connection.execute("SELECT * FROM journal ORDER BY seq"):
            if row[-1] is not None:
                json.loads(row[-1])
    return time.perf_counter() - begun


def _audited(path: Path, entries: int) -> float:
    with open_database(path) as journal:
        work = Audit(journal, load())
        for _ in work.run():
            pass
    assert not work.outcome.found, work.outcome.found[0]
    assert work.outcome.auditor.entries == entries
    return work.outcome.seconds


def main() -> None:
    """Print entries a second, and how many times as long as a bare pass it takes."""
    parser = argparse.ArgumentParser(description="How fast a journal is audited.")
    parser.add_argument("--entries", type=int, default=500_000)
    parser.add_argument("--times", type=int, default=3)
    wish = parser.parse_args()
    left = run_in_virtual_time(_drive, seed=0)
    batch = _Copies(left, max(1, wish.entries // len(left.journal))).batch()
    entries = len(batch.journal)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "fleet.db"

        async def write() -> None:
            async with open_store(path) as store:
                await store.commit(batch)

        trio.run(write)
        bare, audited = zip(*((_bare(path), _audited(path, entries)) for _ in range(wish.times)), strict=True)
    print(f"{entries} entries of {len(batch.nodes)} nodes, {len(batch.operations)} operations")
    print(f"bare pass  {entries / min(bare):10.0f} entries/s")
    print(f"audit      {entries / min(audited):10.0f} entries/s, {min(audited) / min(bare):.1f} times as long")


if __name__ == "__main__":
    main()
