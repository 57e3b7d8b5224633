"""Requests in memory, for virtual time.

Under trio's `MockClock`, a test with hours of timeouts runs in no time:

    fleet = Fleet.of("n1", clock=trio.current_time)
    async with in_memory(fleet):
        client = MemoryClient(Door(fleet), "n1", "admin", "password")
        response = await client.get("/redfish/v1/Systems/1")
"""

import base64

import trio

from bmcsim.redfish.door import Door
from bmcsim.redfish.exchange import Request, Response


class DisconnectedError(Exception):
    """The connection was cut before the response was whole.

    Attributes:
        received: What came of the body.
    """

    def __init__(self, received: bytes = b"") -> None:
        """Tell how far it came."""
        super().__init__(f"the connection was cut after {len(received)} bytes of the body")
        self.received = received


async def carry(door: Door, name: str, request: Request) -> Response:
    """Bring a request to a BMC, and its response back when it arrives; wait for ever where none does.

    Raises:
        DisconnectedError: The connection was cut.
    """
    await trio.lowlevel.checkpoint()
    response = door.ask(name, request)
    delivery = response.delivery
    await trio.sleep(delivery.after)
    if delivery.silent:
        await trio.sleep_forever()
    if delivery.closed:
        raise DisconnectedError
    if delivery.share is not None:
        raise DisconnectedError(response.body[: int(len(response.body) * delivery.share)])
    return response


class MemoryClient:
    """A client of one BMC.

    Attributes:
        token: Sent as X-Auth-Token instead of name and password, where it is not empty.
    """

    def __init__(self, door: Door, name: str, username: str = "", password: str = "") -> None:
        """Talk to the BMC `name`, with Basic authentication where there is a `username`.

        All clients of a fleet share one `door`; the fleet's time has to be kept, as `bmcsim.in_memory` does.
        """
        self._door = door
        self._name = name
        self._basic = base64.b64encode(f"{username}:{password}".encode()).decode() if username else ""
        self.token = ""

    async def send(self, request: Request) -> Response:
        """Send a request as it is, with the credentials added.

        Raises:
            DisconnectedError: The connection was cut.
        """
        headers = dict(request.headers)
        if self.token:
            headers.setdefault("x-auth-token", self.token)
        elif self._basic:
            headers.setdefault("authorization", f"Basic {self._basic}")
        sent = Request(request.method, request.target, headers, request.body, request.source)
        return await carry(self._door, self._name, sent)

    async def get(self, path: str, **headers: str) -> Response:
        """Read what is at a path; see `Request.of` for `headers`."""
        return await self.send(Request.of("GET", path, **headers))

    async def post(self, path: str, document: object, **headers: str) -> Response:
        """Post a document as JSON."""
        return await self.send(Request.of("POST", path, document, **headers))

    async def patch(self, path: str, document: object, **headers: str) -> Response:
        """Patch a resource with a document as JSON."""
        return await self.send(Request.of("PATCH", path, document, **headers))

    async def delete(self, path: str, **headers: str) -> Response:
        """Delete what is at a path."""
        return await self.send(Request.of("DELETE", path, **headers))
