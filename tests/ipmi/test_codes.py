"""Every code that the field knows has a name, a verdict and an advice."""

import re
from enum import IntEnum

import pytest

from powerfsm.ipmi import codes
from powerfsm.ipmi.codes import Code
from powerfsm.ipmi.wire.numbers import (
    ActivateCompletion,
    AppCommand,
    ChassisCommand,
    CloseCompletion,
    Completion,
    NetFn,
    PrivilegeCompletion,
    Status,
)

OWN = [value for value in vars(codes).values() if isinstance(value, Code)]
ALL = [
    *codes.GENERIC.values(),
    *codes.ACTIVATE_SESSION.values(),
    *codes.SET_SESSION_PRIVILEGE.values(),
    *codes.CLOSE_SESSION.values(),
    *codes.STATUS.values(),
    *OWN,
]

# Number, and whether trying again can help: what people in the field have met.
COMPLETIONS = [
    (0xC0, True),
    (0xC1, False),
    (0xC3, True),
    (0xC4, True),
    (0xC7, False),
    (0xC9, False),
    (0xCB, False),
    (0xCC, False),
    (0xCE, True),
    (0xCF, True),
    (0xD1, True),
    (0xD2, True),
    (0xD3, True),
    (0xD4, False),
    (0xD5, True),
    (0xFF, True),
]
SPECIFIC = [
    *((AppCommand.ACTIVATE_SESSION, number, True) for number in range(0x81, 0x86)),
    (AppCommand.ACTIVATE_SESSION, 0x86, False),
    *((AppCommand.SET_SESSION_PRIVILEGE, number, False) for number in range(0x80, 0x83)),
    (AppCommand.CLOSE_SESSION, 0x87, False),
]
TRANSIENT_STATUS = {0x01, 0x02, 0x08, 0x0B}


def test_what_a_bmc_does_not_know_is_never_worth_asking_again() -> None:
    assert any(code.unsupported for code in ALL)
    assert [code.name for code in ALL if code.unsupported and code.transient] == []


@pytest.mark.parametrize(("number", "transient"), COMPLETIONS, ids=lambda v: f"{v:02X}h")
def test_a_generic_completion_code_of_the_field_is_known(number: int, transient: bool) -> None:
    code = codes.completion(number, NetFn.CHASSIS, ChassisCommand.CONTROL)
    assert code is codes.GENERIC[number]
    assert code.transient is transient


@pytest.mark.parametrize(("command", "number", "transient"), SPECIFIC)
def test_a_session_commands_own_completion_code_is_known(command: int, number: int, transient: bool) -> None:
    code = codes.completion(number, NetFn.APP, command)
    assert code.number == number
    assert "specific" not in code.name
    assert code.transient is transient


@pytest.mark.parametrize("number", range(0x01, 0x13), ids=lambda n: f"{n:02X}h")
def test_an_rmcp_plus_status_code_of_the_field_is_known(number: int) -> None:
    assert codes.status(number) is codes.STATUS[number]
    assert codes.status(number).transient is (number in TRANSIENT_STATUS)


@pytest.mark.parametrize(
    ("numbers", "table"),
    [
        (Completion, codes.GENERIC),
        (ActivateCompletion, codes.ACTIVATE_SESSION),
        (PrivilegeCompletion, codes.SET_SESSION_PRIVILEGE),
        (CloseCompletion, codes.CLOSE_SESSION),
        (Status, codes.STATUS),
    ],
)
def test_every_number_with_a_name_has_a_meaning(numbers: type[IntEnum], table: dict[int, Code]) -> None:
    assert set(table) == {int(number) for number in numbers} - {0}


@pytest.mark.parametrize("code", ALL, ids=str)
def test_every_code_is_told_in_the_fields_terms_with_an_advice(code: Code) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code.name)
    assert code.meaning
    assert code.advice
    assert not code.advice.endswith(".")
    assert not (code.transient and code.unsupported)


def test_only_a_command_the_bmc_does_not_know_is_unsupported() -> None:
    unsupported = {code.number for code in codes.GENERIC.values() if code.unsupported}
    assert unsupported == {0xC1, 0xC2, 0xC9, 0xCC, 0xD6}


def test_codes_that_speak_of_the_answer_and_not_of_the_deed_are_ambiguous() -> None:
    ambiguous = {code.number for code in codes.GENERIC.values() if code.ambiguous}
    assert ambiguous == {0xC3, 0xCE, 0xCF, 0xFF}


def test_an_unknown_code_gets_a_name_that_says_whose_it_is() -> None:
    named = {n: codes.completion(n, NetFn.CHASSIS, ChassisCommand.CONTROL).name for n in (0x01, 0x80, 0xE0)}
    assert named == {
        0x01: "device-specific-completion-code",
        0x80: "command-specific-completion-code",
        0xE0: "reserved-completion-code",
    }
    assert str(codes.status(0x55)) == "reserved-status-code (55h)"


def test_the_same_number_means_what_the_command_makes_of_it() -> None:
    names = {
        codes.completion(0x81, NetFn.APP, command).name
        for command in (AppCommand.ACTIVATE_SESSION, AppCommand.SET_SESSION_PRIVILEGE)
    }
    assert len(names) == 2
    # A chassis command of the same number as Close Session is another command.
    assert codes.completion(0x87, NetFn.CHASSIS, AppCommand.CLOSE_SESSION).name != "invalid-session-id"


def test_statuses_about_algorithms_are_those_that_another_suite_may_cure() -> None:
    assert {0x04, 0x05, 0x06, 0x07, 0x10, 0x11} == codes.SUITE_REFUSALS
