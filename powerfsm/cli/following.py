"""What `powerfsm events` shows: entries of the journal, and with --follow those to come."""

from dataclasses import dataclass
from json import dumps

import trio

from powerfsm.cli.exits import Exit
from powerfsm.cli.screen import complain, remark, say, say_json
from powerfsm.client import Client, DaemonUnreachable, Entry, ProblemError
from powerfsm.client.answers import as_json, rfc3339

_AGAIN = 1.0
"""Seconds between two attempts to reach a daemon that has gone."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entries: only of the nodes of a hostlist, only of these kinds."""

    nodes: str | None
    kinds: tuple[str, ...]


async def tell_events(
    client: Client, selection: Selection, *, after: int | None, last: int | None, follow: bool, json: bool
) -> Exit:
    """Print entries until the end of the journal or, following it, until Ctrl-C."""
    begun = away = False
    while True:
        try:
            async with client.events(
                after=after, last=last, nodes=selection.nodes, kinds=selection.kinds, follow=follow
            ) as stream:
                begun, away = True, False
                try:
                    async for entry in stream:
                        _say(entry, json=json)
                finally:
                    if stream.after is not None:
                        after, last = stream.after, None
            if not follow:
                return Exit.OK
            if stream.ended:
                remark(f"The daemon ended the stream ({stream.ended.reason}); going on behind entry {after}.")
        except KeyboardInterrupt:
            if after is not None:
                remark(f"The last entry was {after}; `--after {after}` goes on there.")
            return Exit.INTERRUPTED
        except (DaemonUnreachable, ProblemError) as error:
            passing = isinstance(error, DaemonUnreachable) or error.status == 503
            if not (begun and follow and passing):
                raise
            if not away:
                complain(f"{error}; waiting for it")
            away = True
            await trio.sleep(_AGAIN)


def _say(entry: Entry, *, json: bool) -> None:
    if json:
        say_json(as_json(entry), indent=None)
    else:
        say(line(entry))


def line(entry: Entry) -> str:
    """An entry as one line: number, time, node, what happened, `#` and the operation, whatever else there is."""
    parts = [str(entry.seq), rfc3339(entry.at), entry.node or "-", entry.kind, entry.event]
    if entry.before is not None or entry.after is not None:
        parts.append(f"{entry.before or '-'} -> {entry.after or '-'}")
    if entry.operation is not None:
        parts.append(f"#{entry.operation}")
    parts += [f"{name}={_one_word(value)}" for name, value in entry.detail.items()]
    return " ".join(parts)


def _one_word(value: object) -> str:
    if isinstance(value, str) and " " not in value:
        return value
    return dumps(value, separators=(",", ":"), ensure_ascii=False)
