"""All troubles."""

from collections.abc import Mapping

from chaos.trouble import Trouble
from chaos.troubles import clock, descriptors, full, kernel, kill, load, network, slow, stop, term, vanish

TROUBLES: Mapping[str, Trouble] = {
    trouble.name: trouble
    for trouble in (
        kill.TROUBLE,
        stop.TROUBLE,
        term.TROUBLE,
        full.TROUBLE,
        clock.TROUBLE,
        network.TROUBLE,
        kernel.NETEM,
        kernel.NFTABLES,
        vanish.TROUBLE,
        slow.TROUBLE,
        descriptors.TROUBLE,
        load.TROUBLE,
    )
}
"""By name, in the order in which they are told."""
