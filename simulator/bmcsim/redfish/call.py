"""One request on its way through a service."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bmcsim.profile import RedfishWays
from bmcsim.redfish.access import Caller
from bmcsim.redfish.exchange import Request
from bmcsim.redfish.illness import TaskFault
from bmcsim.redfish.messages import Refused, shown

if TYPE_CHECKING:
    from bmcsim.bmc import Bmc
    from bmcsim.redfish.service import Service

LARGEST_BODY = 65536
"""Bytes of a body that a BMC takes."""


@dataclass(slots=True)
class Call:
    """One request on its way through a service.

    Attributes:
        service: Whose it is.
        request: What came.
        now: When.
        caller: Who sent it, or None where nobody has to be known.
        names: What stands in the path where the route has a name in braces.
        ill: The fault that its task suffers, if any.
    """

    service: "Service"
    request: Request
    now: float
    caller: Caller | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    ill: TaskFault | None = None

    @property
    def bmc(self) -> "Bmc":
        """Return the BMC."""
        return self.service.bmc

    @property
    def ways(self) -> RedfishWays:
        """Return what it has of its own."""
        return self.service.bmc.profile.redfish

    def known(self, name: str, expected: str) -> None:
        """Refuse a path that names something else than what there is."""
        if self.names[name] != expected:
            raise Refused(404, "ResourceMissingAtURI", shown(self.request.path))

    def document(self) -> dict[str, Any]:
        """Return the body, which has to be a JSON object."""
        body = self.request.body
        if len(body) > LARGEST_BODY:
            raise Refused(413, "PayloadTooLarge")
        content = self.request.header("content-type").partition(";")[0].strip().lower()
        if body and content != "application/json":
            raise Refused(415, "HeaderInvalid", "Content-Type")
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            raise Refused(400, "MalformedJSON") from None
        if not isinstance(document, dict):
            raise Refused(400, "UnrecognizedRequestBody")
        return document
