"""Messages of the Base registry (DMTF DSP8011), and responses that carry them.

Clients go by the message's key and arguments; the words are our own.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from bmcsim.redfish.exchange import Document, Response

REGISTRY: Final = "Base.1.16"
REGISTRY_VERSION: Final = "1.16.0"


class Severity(StrEnum):
    """How bad it is."""

    OK = "OK"
    WARNING = "Warning"
    CRITICAL = "Critical"


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of the registry.

    Attributes:
        severity: How bad it is.
        text: What it says; `%1` stands for its first argument.
        arguments: How many it has.
        advice: What to do.
    """

    severity: Severity
    text: str
    arguments: int = 0
    advice: str = "None."


_OK, _WARNING, _CRITICAL = Severity
_CORRECT_IT = "Correct the request and send it again."
_LATER = "Wait, and send the request again."

ENTRIES: Final = {
    "Success": Entry(_OK, "Done."),
    "Created": Entry(_OK, "The resource was made."),
    "GeneralError": Entry(_CRITICAL, "Something went wrong.", 0, "See the extended information."),
    "InternalError": Entry(_CRITICAL, "The service failed.", 0, "Reset the service if it goes on."),
    "ServiceTemporarilyUnavailable": Entry(_CRITICAL, "The service is not available for %1 seconds.", 1, _LATER),
    "ServiceInUnknownState": Entry(_CRITICAL, "The service does not know what state it is in.", 0, _LATER),
    "ResourceInUse": Entry(_WARNING, "Another request has the resource just now.", 0, _LATER),
    "NoOperation": Entry(_WARNING, "The request asks for nothing that is not so already."),
    "MalformedJSON": Entry(_CRITICAL, "The body is not JSON.", 0, _CORRECT_IT),
    "EmptyJSON": Entry(_WARNING, "The body is an empty JSON object.", 0, "Put properties into it."),
    "UnrecognizedRequestBody": Entry(_WARNING, "The body is not a JSON object.", 0, _CORRECT_IT),
    "PayloadTooLarge": Entry(_CRITICAL, "The body is larger than this service takes.", 0, "Send less."),
    "HeaderInvalid": Entry(_CRITICAL, "Header %1 has no good value.", 1, _CORRECT_IT),
    "OperationNotAllowed": Entry(_CRITICAL, "This resource has no such operation.", 0, "See the header Allow."),
    "ResourceMissingAtURI": Entry(_CRITICAL, "There is no resource at %1.", 1, "Correct the URI."),
    "ActionNotSupported": Entry(_CRITICAL, "There is no action %1 here.", 1, "See Actions of the resource."),
    "ActionParameterMissing": Entry(_CRITICAL, "Action %1 needs parameter %2.", 2, "Send the parameter."),
    "ActionParameterNotSupported": Entry(
        _WARNING, "Action %2 does not support the parameter %1.", 2, "Send what the action lists as allowable."
    ),
    "ActionParameterUnknown": Entry(_WARNING, "Action %1 knows no parameter %2.", 2, "Leave it out."),
    "ActionParameterValueNotInList": Entry(
        _WARNING, "Value %1 of parameter %2 of action %3 is not in the list of allowable ones.", 3, _CORRECT_IT
    ),
    "ActionParameterValueTypeError": Entry(
        _WARNING, "Value %1 of parameter %2 of action %3 is of another type.", 3, _CORRECT_IT
    ),
    "PropertyMissing": Entry(_WARNING, "Property %1 has to be there.", 1, _CORRECT_IT),
    "PropertyNotWritable": Entry(_WARNING, "Property %1 can only be read.", 1, "Leave it out."),
    "PropertyUnknown": Entry(_WARNING, "There is no property %1 here.", 1, "Leave it out."),
    "PropertyValueNotInList": Entry(
        _WARNING, "Value %1 of property %2 is not in the list of allowable ones.", 2, _CORRECT_IT
    ),
    "PropertyValueTypeError": Entry(_WARNING, "Value %1 of property %2 is of another type.", 2, _CORRECT_IT),
    "CreateFailedMissingReqProperties": Entry(_CRITICAL, "Property %1 has to be sent.", 1, _CORRECT_IT),
    "QueryParameterUnsupported": Entry(_WARNING, "Query parameter %1 is not supported.", 1, "Leave it out."),
    "QueryNotSupportedOnResource": Entry(_WARNING, "This resource takes no such query.", 0, "Leave it out."),
    "QueryParameterValueTypeError": Entry(
        _WARNING, "Value %1 of query parameter %2 is of another type.", 2, _CORRECT_IT
    ),
    "QueryParameterOutOfRange": Entry(
        _WARNING, "Value %1 of query parameter %2 is outside of %3.", 3, _CORRECT_IT
    ),
    "NoValidSession": Entry(_CRITICAL, "This needs a session, and there is none.", 0, "Log in."),
    "ResourceAtUriUnauthorized": Entry(_CRITICAL, "Access to %1 was denied: %2.", 2, "Use good credentials."),
    "InsufficientPrivilege": Entry(_CRITICAL, "The account may not do this.", 0, "Use another account."),
    "SessionLimitExceeded": Entry(_CRITICAL, "There are as many sessions as can be.", 0, "End one."),
    "PreconditionFailed": Entry(_CRITICAL, "The resource is not as If-Match says.", 0, "Read its ETag again."),
    "PreconditionRequired": Entry(_CRITICAL, "The request needs If-Match.", 0, "Send the resource's ETag."),
    "ChassisPowerStateOnRequired": Entry(_WARNING, "Chassis %1 has to be on for this.", 1, "Turn it on first."),
    "OperationTimeout": Entry(_WARNING, "The operation did not end in time.", 0, _LATER),
    "OperationFailed": Entry(_WARNING, "The operation failed within the service.", 0, _LATER),
}
"""Key to entry; the keys and the number of arguments are those of the registry."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message with its arguments.

    Attributes:
        key: Which entry.
        arguments: As many as the entry has.
        about: A JSON pointer to the property it is about, or nothing.
    """

    key: str
    arguments: tuple[str, ...] = ()
    about: str = ""

    def __post_init__(self) -> None:
        """Hold the number of arguments to the registry."""
        assert len(self.arguments) == ENTRIES[self.key].arguments, self.key

    @property
    def id(self) -> str:
        """Its MessageId (DSP0266, 9.11.2)."""
        return f"{REGISTRY}.{self.key}"

    @property
    def text(self) -> str:
        """What it says."""
        text = ENTRIES[self.key].text
        for number, argument in enumerate(self.arguments, 1):
            text = text.replace(f"%{number}", argument, 1)
        return text

    def document(self) -> Document:
        """Return it as a Message object."""
        entry = ENTRIES[self.key]
        found: Document = {
            "@odata.type": "#Message.v1_1_2.Message",
            "MessageId": self.id,
            "Message": self.text,
            "MessageArgs": list(self.arguments),
            "MessageSeverity": entry.severity.value,
            "Severity": entry.severity.value,
            "Resolution": entry.advice,
        }
        if self.about:
            found["RelatedProperties"] = [self.about]
        return found


def told(status: int, *messages: Message, **headers: str) -> Response:
    """Return a response whose body is an error, or the success of something (DSP0266, 8.6 Error responses)."""
    first = messages[0]
    error = {
        "code": first.id if len(messages) == 1 else f"{REGISTRY}.GeneralError",
        "message": first.text if len(messages) == 1 else ENTRIES["GeneralError"].text,
        "@Message.ExtendedInfo": [message.document() for message in messages],
    }
    return Response.of(status, {"error": error}, **headers)


class Refused(Exception):
    """The answer is an error."""

    def __init__(self, status: int, key: str, *arguments: str, at: str = "", **headers: str) -> None:
        """Refuse with a message about the property `at`, a JSON pointer."""
        super().__init__(key)
        self.status = status
        self.messages = [Message(key, arguments, at)]
        self.headers = headers

    @property
    def key(self) -> str:
        """The key of its first message."""
        return self.messages[0].key

    def response(self) -> Response:
        """Return what is answered."""
        return told(self.status, *self.messages, **self.headers)


def shown(value: Any) -> str:
    """Return a value of a request as a message shows it: not at any length."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 64 else text[:64] + "..."
