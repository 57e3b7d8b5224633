"""Child: open the store, say so, and keep it until killed."""

import sys

import trio

from powerfsm.store.store import open_store


async def main(path: str) -> None:
    """Own the store for ever."""
    async with open_store(path):
        print("open", flush=True)
        await trio.sleep_forever()


trio.run(main, sys.argv[1])
