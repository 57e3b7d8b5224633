"""The Redfish services of a fleet; a BMC that nobody has asked yet has none and costs nothing."""

from bmcsim.fleet import Fleet
from bmcsim.network import Network
from bmcsim.redfish.exchange import Delivery, Request, Response
from bmcsim.redfish.service import Service

_SILENT = Delivery(silent=True)


class Door:
    """Where requests come in, whoever carries them."""

    def __init__(self, fleet: Fleet) -> None:
        """Be the Redfish door of `fleet`."""
        self.fleet = fleet

    def __getitem__(self, name: str) -> Service:
        """Return the service of one BMC.

        Raises:
            KeyError: There is no such BMC.
        """
        bmc = self.fleet[name]
        # It stays with its BMC, so that all doors to one BMC lead to one service.
        return bmc.witness if isinstance(bmc.witness, Service) else Service(bmc)

    def ask(self, name: str, request: Request) -> Response:
        """Take a request for a BMC now; what happened is in the log when this returns.

        A cable that is pulled (`bmcsim.GONE`) lets nothing through.  Lost datagrams otherwise are no matter
        of HTTP: TCP sends them again.

        Returns:
            The response; its `delivery` says how it has to travel, if at all.
        """
        fleet = self.fleet
        now = fleet.clock()
        network: Network = fleet.networks.get(name, fleet.network)
        if network.to_bmc.loss == 1:
            return Response(500, delivery=_SILENT)
        response = self[name].respond(request, now)
        fleet.finish()
        if response is None or network.from_bmc.loss == 1:
            return Response(500, delivery=_SILENT)
        return response
