"""A network that the kernel makes worse: TCP and UDP alike, in a namespace that holds nothing but this run."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import trio

from chaos import namespace
from chaos.scene import Scene
from chaos.trouble import Trouble

_SECONDS = 5.0


async def inflict(worse: Callable[[], AbstractContextManager[str]], scene: Scene) -> str:
    """Have the kernel do it for some seconds, with the storm going on in the middle of it."""
    with worse() as told:
        await trio.sleep(_SECONDS)
        await scene.goes_on()
    return f"{told} for {_SECONDS:g} s"


NETEM = Trouble(
    "netem",
    "by the kernel's netem: everything lost, late, twice, out of order; the API's TCP, too",
    partial(inflict, namespace.netem),
    namespace.no_netem,
)
NFTABLES = Trouble(
    "nftables",
    "by the kernel's nftables: datagrams lost on their way in",
    partial(inflict, namespace.nftables),
    namespace.no_nftables,
)
