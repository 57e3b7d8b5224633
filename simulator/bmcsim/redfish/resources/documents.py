"""What every resource and collection is made of."""

from collections.abc import Iterable
from typing import Final

from bmcsim.redfish.exchange import Document

ROOT: Final = "/redfish/v1"
HEALTHY: Final[Document] = {"State": "Enabled", "Health": "OK"}


def link(path: str) -> Document:
    """Return a reference to a resource."""
    return {"@odata.id": path}


def resource(path: str, kind: str, identity: str, name: str) -> Document:
    """Return what every resource begins with.

    Args:
        path: Where it is.
        kind: Its type with the version of its schema, such as `Chassis.v1_21_0.Chassis`.
        identity: Its Id.
        name: Its Name.
    """
    return {"@odata.id": path, "@odata.type": f"#{kind}", "Id": identity, "Name": name}


def collection(path: str, kind: str, name: str, members: Iterable[str]) -> Document:
    """Return a collection of the resources at `members`."""
    listed = [link(member) for member in members]
    return {
        "@odata.id": path,
        "@odata.type": f"#{kind}.{kind}",
        "Name": name,
        "Members": listed,
        "Members@odata.count": len(listed),
    }
