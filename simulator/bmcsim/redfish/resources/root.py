"""Where everything starts: versions, ServiceRoot, and the two documents of OData (DSP0266, 8.4 and 9.6)."""

import uuid
from typing import Final
from xml.sax.saxutils import quoteattr

from bmcsim.redfish.call import Call
from bmcsim.redfish.exchange import Document, Response
from bmcsim.redfish.resources.documents import ROOT, link, resource

_SCHEMAS: Final = "http://redfish.dmtf.org/schemas/v1/"

_TYPES: Final = {
    "ServiceRoot": "v1_14_0",
    "ComputerSystemCollection": "",
    "ComputerSystem": "v1_18_0",
    "ManagerCollection": "",
    "Manager": "v1_16_0",
    "ChassisCollection": "",
    "Chassis": "v1_21_0",
    "SessionService": "v1_1_8",
    "SessionCollection": "",
    "Session": "v1_5_0",
    "AccountService": "v1_12_0",
    "ManagerAccountCollection": "",
    "ManagerAccount": "v1_9_0",
    "RoleCollection": "",
    "Role": "v1_3_1",
    "TaskService": "v1_2_0",
    "TaskCollection": "",
    "Task": "v1_7_0",
    "ActionInfo": "v1_3_0",
    "MessageRegistryFileCollection": "",
    "MessageRegistryFile": "v1_1_3",
    "MessageRegistry": "v1_6_0",
    "Message": "v1_1_2",
}
"""Schema to the version that the resources here follow; collections have none."""


def versioned(schema: str) -> str:
    """Return a type's name as `@odata.type` has it, without its #."""
    version = _TYPES[schema]
    return f"{schema}.{version}.{schema}" if version else f"{schema}.{schema}"


def system_uuid(call: Call) -> str:
    """Return the GUID that IPMI gives as well, whose bytes it sends in reverse (IPMI 2.0, 20.8)."""
    return str(uuid.UUID(bytes=call.bmc.guid[::-1]))


def versions(_: Call) -> Document:
    return {"v1": f"{ROOT}/"}


def service_root(call: Call) -> Document:
    ways = call.ways
    return {
        **resource(f"{ROOT}/", versioned("ServiceRoot"), "RootService", "Root Service"),
        "RedfishVersion": ways.version,
        "UUID": system_uuid(call),
        "Vendor": ways.vendor,
        "Product": ways.model,
        "ProtocolFeaturesSupported": {
            "ExpandQuery": {"ExpandAll": True, "Levels": True, "Links": True, "NoLinks": True, "MaxLevels": 1},
            "ExcerptQuery": False,
            "FilterQuery": False,
            "OnlyMemberQuery": False,
            "SelectQuery": False,
            "TopSkipQuery": True,
        },
        "Systems": link(f"{ROOT}/Systems"),
        "Managers": link(f"{ROOT}/Managers"),
        "Chassis": link(f"{ROOT}/Chassis"),
        "SessionService": link(f"{ROOT}/SessionService"),
        "AccountService": link(f"{ROOT}/AccountService"),
        "Tasks": link(f"{ROOT}/TaskService"),
        "Registries": link(f"{ROOT}/Registries"),
        "Links": {"Sessions": link(f"{ROOT}/SessionService/Sessions")},
    }


def odata(_: Call) -> Document:
    """Return the OData service document (DSP0266, 9.6.4)."""
    listed = {
        "Service": f"{ROOT}/",
        "Systems": f"{ROOT}/Systems",
        "Managers": f"{ROOT}/Managers",
        "Chassis": f"{ROOT}/Chassis",
        "SessionService": f"{ROOT}/SessionService",
        "Sessions": f"{ROOT}/SessionService/Sessions",
        "AccountService": f"{ROOT}/AccountService",
        "TaskService": f"{ROOT}/TaskService",
        "Registries": f"{ROOT}/Registries",
    }
    value = [{"name": name, "kind": "Singleton", "url": url} for name, url in listed.items()]
    return {"@odata.context": f"{ROOT}/$metadata", "value": value}


def metadata() -> Response:
    """Return the OData metadata document: references to the schemas in use (DSP0266, 9.6.3)."""
    references = []
    for schema, version in _TYPES.items():
        spaces = [schema, f"{schema}.{version}"] if version else [schema]
        includes = "".join(f"    <edmx:Include Namespace={quoteattr(space)}/>\n" for space in spaces)
        uri = quoteattr(f"{_SCHEMAS}{schema}_v1.xml")
        references.append(f"  <edmx:Reference Uri={uri}>\n{includes}  </edmx:Reference>\n")
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0">\n'
        f"{''.join(references)}"
        "  <edmx:DataServices>\n"
        '    <Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="Service">\n'
        '      <EntityContainer Name="Service" Extends="ServiceRoot.v1_14_0.ServiceContainer"/>\n'
        "    </Schema>\n"
        "  </edmx:DataServices>\n"
        "</edmx:Edmx>\n"
    )
    return Response(200, {"Content-Type": "application/xml; charset=utf-8"}, body.encode())
