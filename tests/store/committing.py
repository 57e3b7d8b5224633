"""Child: commit batches for ever, and tell the number of each once it is acknowledged."""

import sys
from dataclasses import replace

import trio

from powerfsm.bmc import Bmc
from powerfsm.journal import Entry, Kind
from powerfsm.node import Node
from powerfsm.operation import Operation, Status
from powerfsm.power import Ask, Command
from powerfsm.store.batch import Batch, IdempotencyKey, SessionInUse
from powerfsm.store.store import open_store

NODES = 20
"""Nodes that every batch changes; one operation, one session, one key and two entries come with it."""


async def main(path: str) -> None:
    """Commit batch after batch, taking up the count where the last child left it."""
    async with open_store(path) as store:
        number = (await store.load()).last_operation
        while True:
            number += 1
            nodes = [Node(f"n{i}", Bmc(f"h{i}"), generation=number, in_play=number) for i in range(NODES)]
            await store.commit(
                Batch(
                    nodes={node.name: replace(node, trouble="x" * (number % 3000)) for node in nodes},
                    operations={number: Operation(number, "n0", Ask.ON, number, Status.IN_PLAY, 1e9)},
                    opened={("n0", number): SessionInUse("n0", number, Command.ON, 1e9)},
                    closed={("n0", number - 1)},
                    keys=[IdempotencyKey(f"key {number}", "digest", (number,), 1e9)],
                    journal=[
                        Entry(seq, 1e9, Kind.TRANSITION, "n0", "request", number)
                        for seq in (2 * number - 1, 2 * number)
                    ],
                )
            )
            print(number, flush=True)


if __name__ == "__main__":
    trio.run(main, sys.argv[1])
