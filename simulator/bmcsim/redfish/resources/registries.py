"""The registry of the messages that this service sends (DSP0266, 9.11; DSP0268, MessageRegistryFile)."""

from bmcsim.redfish.call import Call
from bmcsim.redfish.exchange import Document
from bmcsim.redfish.messages import ENTRIES, REGISTRY, REGISTRY_VERSION
from bmcsim.redfish.resources.documents import ROOT, collection, resource
from bmcsim.redfish.resources.root import versioned

_PATH = f"{ROOT}/Registries"


def registries(_: Call) -> Document:
    return collection(
        _PATH, "MessageRegistryFileCollection", "Message Registry File Collection", [f"{_PATH}/Base"]
    )


def file(_: Call) -> Document:
    return {
        **resource(f"{_PATH}/Base", versioned("MessageRegistryFile"), "Base", "Base Message Registry File"),
        "Registry": REGISTRY,
        "Languages": ["en"],
        "Location": [{"Language": "en", "Uri": f"{_PATH}/Base/Base"}],
    }


def registry(_: Call) -> Document:
    """Return the registry itself, with the messages in use here."""
    messages = {
        key: {
            "Description": entry.text,
            "Message": entry.text,
            "MessageSeverity": entry.severity.value,
            "Severity": entry.severity.value,
            "NumberOfArgs": entry.arguments,
            "ParamTypes": ["string"] * entry.arguments,
            "Resolution": entry.advice,
        }
        for key, entry in ENTRIES.items()
    }
    identity = f"Base.{REGISTRY_VERSION}"
    return {
        **resource(f"{_PATH}/Base/Base", versioned("MessageRegistry"), identity, "Base Message Registry"),
        "Language": "en",
        "OwningEntity": "DMTF",
        "RegistryPrefix": "Base",
        "RegistryVersion": REGISTRY_VERSION,
        "Messages": messages,
    }
