"""A Redfish service in the hand: no network, and a clock that the test sets."""

import base64
from typing import Any

from bmcsim import Fleet, MemoryLog, Profile, User
from bmcsim.machine import Hardware
from bmcsim.profile import RedfishWays
from bmcsim.redfish.door import Door
from bmcsim.redfish.exchange import Request, Response
from powerfsm.ipmi.wire.numbers import Privilege

PASSWORD = "s3cret"
SYSTEM = "/redfish/v1/Systems/1"
RESET = f"{SYSTEM}/Actions/ComputerSystem.Reset"
SESSIONS = "/redfish/v1/SessionService/Sessions"
USERS = (
    User("admin", PASSWORD),
    User("oper", PASSWORD, Privilege.OPERATOR),
    User("reader", PASSWORD, Privilege.USER),
    User("caller", PASSWORD, Privilege.CALLBACK),
)


class Desk:
    """Asks the service of one BMC, `n1`.

    Attributes:
        now: What time it is, in seconds.
        log: What has happened.
        fleet: The fleet with the one BMC.
        door: Its Redfish door.
    """

    def __init__(self, hardware: Hardware | None = None, **ways: Any) -> None:
        """Set one up whose machine is `hardware` and whose service has these `ways`."""
        self.now = 0.0
        self.log = MemoryLog()
        profile = Profile(hardware=hardware or Hardware(), users=USERS, redfish=RedfishWays(**ways))
        self.fleet = Fleet.of("n1", profile, log=self.log, clock=lambda: self.now)
        self.fleet.serve_at("n1", ("192.0.2.1", 623))
        self.door = Door(self.fleet)

    def send(self, request: Request) -> Response:
        """Send a request as it is."""
        return self.door.ask("n1", request)

    def ask(
        self, method: str, path: str, document: object = None, user: str = "admin", **headers: str
    ) -> Response:
        """Send a request with the credentials of `user`; none where that is empty or there is a token."""
        if user and "x_auth_token" not in headers and "authorization" not in headers:
            headers["authorization"] = basic(user)
        return self.send(Request.of(method, path, document, **headers))

    def get(self, path: str, user: str = "admin", **headers: str) -> Any:
        """Read a resource, which has to be there."""
        response = self.ask("GET", path, user=user, **headers)
        assert response.status == 200, response
        return response.document

    def reset(self, kind: str, user: str = "admin") -> Response:
        """Ask for a reset."""
        return self.ask("POST", RESET, {"ResetType": kind}, user=user)

    def power_state(self) -> str:
        """Read PowerState."""
        state: str = self.get(SYSTEM)["PowerState"]
        return state

    def log_in(self, user: str = "admin") -> str:
        """Open a session and return its token."""
        response = self.ask("POST", SESSIONS, {"UserName": user, "Password": PASSWORD}, user="")
        assert response.status == 201, response
        return response.headers["X-Auth-Token"]


def basic(user: str, password: str = PASSWORD) -> str:
    """Return the header Authorization for Basic authentication."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def key(response: Response) -> str:
    """Return the key of the first message in an error, and hold the error to its form (DSP0266, 8.6)."""
    error = response.document["error"]
    info = error["@Message.ExtendedInfo"]
    assert error["code"] == info[0]["MessageId"]
    assert all(one["Message"] and one["MessageSeverity"] and one["Resolution"] for one in info)
    identity: str = info[0]["MessageId"]
    return identity.rpartition(".")[2]
