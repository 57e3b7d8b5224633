"""The numbers of IPMI 2.0 that powerfsm and its simulator speak, by name.

Fields of the codec are plain integers, for a peer may send any; these are the names to compare with.
"""

from enum import IntEnum


class PayloadType(IntEnum):
    """RMCP+ payload types (IPMI 2.0, table 13-16)."""

    IPMI = 0x00
    OPEN_SESSION_REQUEST = 0x10
    OPEN_SESSION_RESPONSE = 0x11
    RAKP_1 = 0x12
    RAKP_2 = 0x13
    RAKP_3 = 0x14
    RAKP_4 = 0x15


class NetFn(IntEnum):
    """Network functions of requests; a response has the next, odd number (IPMI 2.0, table 5-1)."""

    CHASSIS = 0x00
    APP = 0x06
    STORAGE = 0x0A
    TRANSPORT = 0x0C


class ChassisCommand(IntEnum):
    """Commands of network function chassis (IPMI 2.0, table 28-1)."""

    GET_STATUS = 0x01
    CONTROL = 0x02
    SET_BOOT_OPTIONS = 0x08
    GET_BOOT_OPTIONS = 0x09


class AppCommand(IntEnum):
    """Commands of network function app (IPMI 2.0, tables 20-1 and 22-1)."""

    GET_DEVICE_ID = 0x01
    COLD_RESET = 0x02
    WARM_RESET = 0x03
    GET_CHANNEL_AUTH_CAPABILITIES = 0x38
    GET_SESSION_CHALLENGE = 0x39
    ACTIVATE_SESSION = 0x3A
    SET_SESSION_PRIVILEGE = 0x3B
    CLOSE_SESSION = 0x3C
    GET_SESSION_INFO = 0x3D
    GET_CHANNEL_CIPHER_SUITES = 0x54


class ChassisControl(IntEnum):
    """What Chassis Control can be told to do (IPMI 2.0, table 28-4)."""

    POWER_DOWN = 0
    POWER_UP = 1
    POWER_CYCLE = 2
    HARD_RESET = 3
    DIAGNOSTIC_INTERRUPT = 4
    SOFT_SHUTDOWN = 5


class Privilege(IntEnum):
    """Privilege levels (IPMI 2.0, 6.8 and 22.26); 0 in an Open Session Request asks for the highest there is."""

    HIGHEST = 0
    CALLBACK = 1
    USER = 2
    OPERATOR = 3
    ADMINISTRATOR = 4
    OEM = 5
    NO_ACCESS = 0x0F


class Status(IntEnum):
    """RMCP+ and RAKP message status codes (IPMI 2.0, table 13-15)."""

    NO_ERRORS = 0x00
    INSUFFICIENT_RESOURCES = 0x01
    INVALID_SESSION_ID = 0x02
    INVALID_PAYLOAD_TYPE = 0x03
    INVALID_AUTHENTICATION_ALGORITHM = 0x04
    INVALID_INTEGRITY_ALGORITHM = 0x05
    NO_MATCHING_AUTHENTICATION_PAYLOAD = 0x06
    NO_MATCHING_INTEGRITY_PAYLOAD = 0x07
    INACTIVE_SESSION_ID = 0x08
    INVALID_ROLE = 0x09
    UNAUTHORIZED_ROLE_OR_PRIVILEGE = 0x0A
    INSUFFICIENT_RESOURCES_FOR_ROLE = 0x0B
    INVALID_NAME_LENGTH = 0x0C
    UNAUTHORIZED_NAME = 0x0D
    UNAUTHORIZED_GUID = 0x0E
    INVALID_INTEGRITY_CHECK_VALUE = 0x0F
    INVALID_CONFIDENTIALITY_ALGORITHM = 0x10
    NO_CIPHER_SUITE_MATCH = 0x11
    ILLEGAL_PARAMETER = 0x12


class Completion(IntEnum):
    """Completion codes that mean the same after every command (IPMI 2.0, table 5-2)."""

    OK = 0x00
    NODE_BUSY = 0xC0
    INVALID_COMMAND = 0xC1
    INVALID_FOR_LUN = 0xC2
    TIMEOUT = 0xC3
    OUT_OF_SPACE = 0xC4
    RESERVATION_LOST = 0xC5
    DATA_TRUNCATED = 0xC6
    DATA_LENGTH_INVALID = 0xC7
    DATA_LENGTH_EXCEEDED = 0xC8
    PARAMETER_OUT_OF_RANGE = 0xC9
    CANNOT_RETURN_LENGTH = 0xCA
    NOT_PRESENT = 0xCB
    INVALID_DATA_FIELD = 0xCC
    ILLEGAL_FOR_SENSOR = 0xCD
    NO_RESPONSE_POSSIBLE = 0xCE
    DUPLICATED_REQUEST = 0xCF
    SDR_IN_UPDATE = 0xD0
    FIRMWARE_UPDATE = 0xD1
    INITIALIZING = 0xD2
    DESTINATION_UNREACHABLE = 0xD3
    INSUFFICIENT_PRIVILEGE = 0xD4
    NOT_IN_PRESENT_STATE = 0xD5
    SUBFUNCTION_DISABLED = 0xD6
    UNSPECIFIED = 0xFF


class ChallengeCompletion(IntEnum):
    """What only Get Session Challenge answers (IPMI 2.0, 22.16)."""

    INVALID_NAME = 0x81
    NULL_NAME_DISABLED = 0x82


class ActivateCompletion(IntEnum):
    """What only Activate Session answers (IPMI 2.0, 22.17)."""

    NO_SLOT = 0x81
    NO_SLOT_FOR_USER = 0x82
    NO_SLOT_FOR_PRIVILEGE = 0x83
    SEQUENCE_OUT_OF_RANGE = 0x84
    INVALID_SESSION_ID = 0x85
    PRIVILEGE_EXCEEDED = 0x86


class PrivilegeCompletion(IntEnum):
    """What only Set Session Privilege Level answers (IPMI 2.0, 22.18)."""

    NOT_AVAILABLE_TO_USER = 0x80
    EXCEEDS_LIMIT = 0x81
    USER_LEVEL_AUTHENTICATION_FIXED = 0x82


class CloseCompletion(IntEnum):
    """What only Close Session answers (IPMI 2.0, 22.19)."""

    INVALID_SESSION_ID = 0x87
    INVALID_SESSION_HANDLE = 0x88
