"""Each fault of IPMI shows in a program that nobody here wrote as its users tell it."""

import pytest

from bmcsim import Hardware, Power, Profile, SequenceCheck, Span, User
from bmcsim.faults import CATALOGUE, Point, Rule
from bmcsim.faults.answers import (
    BootingCode,
    Busy,
    BusyAfterOrder,
    CompletionCode,
    NoCipherSuites,
    WrongCapabilities,
)
from bmcsim.faults.lies import (
    FalseLength,
    ForeignAnswer,
    ForeignGuid,
    ForeignResponse,
    ForgedCode,
    ForgedProof,
    ReflectedAnswer,
    UnsealedAnswer,
    WeakerSuite,
    WrongLength,
)
from bmcsim.faults.life import Blocked, DeathOnRepeat, Hang, Reboot, Slow
from bmcsim.faults.login import (
    AuthCodeLength,
    Lockout,
    LookupBitHash,
    NonEmptyIcv,
    OpenPrivilegeHash,
    PaddedNames,
    PasswordRotated,
    RmcpStatus,
    SlotsExhausted,
    TruncatedPasswords,
)
from bmcsim.faults.network import (
    CipherSuitesUnanswered,
    Corrupt,
    Delay,
    Drop,
    Duplicate,
    NoPong,
    OneWay,
    Partition,
    Reorder,
    Truncate,
    Way,
)
from bmcsim.faults.power import Bounce, OrderIgnored, OrderLate, OrderTwice, StaleReading, WrongReading
from bmcsim.faults.sessions import CloseUnanswered, NullSessionId, ReusedSessionId, SequenceJump, SessionLeak
from bmcsim.machine import Order
from bmcsim.pytest_plugin.factory import BmcFleets
from strangers import stranger
from symptoms import SILENCE, Happens, Pass, Symptom, ipmipower, ipmitool, openipmi, python, staying

ON = Profile(hardware=Hardware(power=Power.ON))
HOUR = Span.of(3600)

CONTROL = ("chassis-control",)
STATUS = ("chassis-status",)

IS_ON = ipmitool("power", "status", says="^Chassis Power is on")
IS_OFF = ipmitool("power", "status", says="^Chassis Power is off")
NO_SESSION = "Unable to establish IPMI v2 / RMCP. session"
GIVES_UP = ipmitool("power", "status", says="Unable to get Chassis Power Status", code=1, repeats=1)

TIMEOUT = ipmipower("-I", "17", "--stat", says="session timeout", code=1)
PASSWORD_INVALID = ipmipower("-I", "17", "--stat", says="password invalid", code=1)

POWER_ON = """
import sys
from pyghmi.ipmi import command
bmc = command.Command(bmc=sys.argv[1], port=int(sys.argv[2]), userid=sys.argv[4], password=sys.argv[5])
print(bmc.set_power("on"))
"""

SYMPTOMS = [
    Symptom(
        "pyghmi sends the power command again",
        Drop(way=Way.OUT),
        (python("pyghmi", POWER_ON, says="powerstate': 'on'"),),
        steps=CONTROL,
        times=1,
        accepted=("on", "on"),
    ),
    Symptom(
        "ipmitool resets twice and says so once",
        Drop(way=Way.OUT),
        (ipmitool("power", "reset", says=r"\AChassis Power Control: Reset\n\Z"),),
        steps=CONTROL,
        times=1,
        profile=ON,
        accepted=("reset", "reset"),
    ),
    Symptom(
        "one reset of ipmitool is carried out twice",
        Duplicate(way=Way.IN, lag=Span.of(0)),
        (ipmitool("power", "reset", says="Reset"),),
        steps=CONTROL,
        times=1,
        profile=Profile(hardware=Hardware(power=Power.ON), sequence_check=SequenceCheck.NONE),
        accepted=("reset", "reset"),
    ),
    Symptom(
        "ipmitool hears the answer after it has asked again",
        Reorder(way=Way.OUT, within=3600),
        (ipmitool("power", "status", says="Chassis Power is off"),),
        steps=("rakp1",),
        times=1,
    ),
    Symptom(
        "ipmitool resets again before the first answer comes",
        Delay(way=Way.OUT, by=HOUR),
        (ipmitool("power", "reset", says="Reset"),),
        steps=CONTROL,
        times=1,
        profile=ON,
        accepted=("reset", "reset"),
    ),
    Symptom(
        "ipmitool gets through at the second try",
        Corrupt(way=Way.IN),
        (IS_OFF, Happens("dropped")),
        steps=STATUS,
        times=1,
    ),
    Symptom(
        "ipmitool gets through at the second try",
        Truncate(way=Way.IN),
        (IS_OFF, Happens("dropped")),
        steps=STATUS,
        times=1,
    ),
    Symptom(
        "ipmipower runs into its timeout",
        Partition(),
        (ipmipower("--stat", says="connection timeout", code=1),),
    ),
    Symptom(
        "ipmitool says that it failed, and the machine was reset each time",
        OneWay(),
        (ipmitool("power", "reset", says="Unable to set Chassis Power Control to Reset", code=1, repeats=2),),
        steps=CONTROL,
        profile=ON,
        accepted=("reset", "reset"),
    ),
    Symptom(
        "ipmitool has a word for the status in Open Session",
        RmcpStatus(status=0x11),
        (
            ipmitool("power", "status", says="open session response message : no matching cipher suite", code=1),
            ipmipower("--stat", says="cipher suite id unavailable", code=1),
        ),
        steps=("open-session",),
    ),
    Symptom(
        "ipmitool tells the status in RAKP 2 with -vv alone",
        RmcpStatus(status=0x0D),
        (
            ipmitool("power", "status", says=rf"\AError: {NO_SESSION}\n\Z", code=1),
            ipmitool(
                "-vv", "power", "status", says="RAKP 2 message indicates an error : unauthorized name", code=1
            ),
            ipmipower("--stat", says="username invalid", code=1),
        ),
        steps=("rakp1",),
    ),
    Symptom(
        "ipmitool tells the status in RAKP 4 with -vv alone",
        RmcpStatus(status=0x0F),
        (ipmitool("-vv", "power", "status", says="RAKP 4 .* : invalid integrity check value", code=1),),
        steps=("rakp3",),
    ),
    Symptom(
        "insufficient resources for session, and BMC busy",
        SlotsExhausted(),
        (
            ipmitool("power", "status", says="insufficient resources for session", code=1),
            ipmipower("--stat", says="BMC busy", code=1),
        ),
    ),
    Symptom(
        "insufficient resources for role",
        SlotsExhausted(status=0x0B),
        (ipmitool("power", "status", says="insufficient resources for role", code=1),),
    ),
    Symptom(
        "password invalid",
        PasswordRotated(),
        (
            ipmipower("--stat", says="password invalid", code=1),
            ipmitool("power", "status", says=NO_SESSION, code=1),
        ),
    ),
    Symptom(
        "the first sixteen characters get in",
        TruncatedPasswords(),
        (
            ipmitool("power", "status", says=NO_SESSION, code=1),
            ipmitool("-P", "0123456789abcdef", "power", "status", says="Chassis Power is off"),
        ),
        profile=Profile(users=(User("admin", "0123456789abcdefghij"),)),
    ),
    Symptom(
        "ipmipower is told that a user who exists does not",
        PaddedNames(),
        (ipmipower("--stat", says="username invalid", code=1),),
    ),
    Symptom(
        "after two wrong passwords the right one does not work, for minutes",
        Lockout(attempts=2, seconds=300),
        (
            openipmi("00 01", "-P", "wrong", says="Unable to setup connection", code=1),
            openipmi("00 01", "-P", "wrong", says="Unable to setup connection", code=1),
            ipmipower("--stat", says="username invalid", code=1),
            Pass(301),
            ipmipower("--stat", says=": off"),
        ),
    ),
    Symptom(
        "password invalid with the right password, but for FreeIPMI's workaround",
        OpenPrivilegeHash(),
        (
            ipmipower("--stat", says="password invalid", code=1),
            ipmipower("-W", "opensesspriv", "--stat", says=": off"),
            ipmitool("power", "status", says=NO_SESSION, code=1),
            ipmitool("-L", "user", "power", "status", says="Chassis Power is off"),
        ),
    ),
    Symptom(
        "who cuts the code gets in",
        AuthCodeLength(length=32),
        (
            ipmitool("power", "status", says="Chassis Power is off", suite="3"),
            ipmipower("-I", "3", "--stat", says="password invalid", code=1),
        ),
    ),
    Symptom(
        "suite 0 needs FreeIPMI's workaround",
        NonEmptyIcv(),
        (
            ipmipower("-I", "0", "--stat", says="k_g invalid", code=1),
            ipmipower("-I", "0", "-W", "integritycheckvalue", "--stat", says=": off"),
        ),
        profile=Profile(suites=(0, 3, 17)),
    ),
    Symptom(
        "ipmipower says BMC error and exits 0",
        NullSessionId(),
        (
            ipmipower("--stat", says="BMC error"),
            ipmitool("power", "status", says=rf"\AError: {NO_SESSION}\n\Z", code=1),
        ),
    ),
    Symptom(
        "ipmipower times out in a session that ipmitool gets through",
        SequenceJump(by=9),
        (ipmipower("--stat", says="session timeout", code=1), IS_OFF),
    ),
    Symptom(
        "insufficient resources after four commands, and a minute later none the less",
        SessionLeak(),
        (
            IS_OFF,
            IS_OFF,
            IS_OFF,
            IS_OFF,
            ipmitool("power", "status", says="insufficient resources for session", code=1),
            Pass(61),
            IS_OFF,
        ),
    ),
    Symptom(
        "ipmitool waits, and says Close Session command failed",
        CloseUnanswered(),
        (ipmitool("power", "reset", says="Reset(.|\n)*Close Session command failed", repeats=1),),
        profile=ON,
    ),
    Symptom(
        "ipmitool: Node busy",
        Busy(),
        (ipmitool("power", "on", says=r"\ASet Chassis Power Control to Up/On failed: Node busy", code=1),),
        steps=CONTROL,
    ),
    Symptom(
        "ipmipower --on prints nothing, exits 0, and the machine stays off",
        Busy(),
        (ipmipower("--on", says=SILENCE), IS_OFF),
        steps=CONTROL,
    ),
    Symptom(
        "openipmicmd shows the code itself",
        Busy(),
        (openipmi("00 02 01", says="0f 01 00 02 c0"),),
        steps=CONTROL,
    ),
    Symptom(
        "D5h: ipmitool tells it, ipmipower hides it",
        CompletionCode(code=0xD5),
        (
            ipmitool("power", "on", says="Command not supported in present state", code=1),
            ipmipower("--on", says=SILENCE),
        ),
        steps=CONTROL,
    ),
    Symptom(
        "D1h: no status during a firmware update",
        CompletionCode(code=0xD1),
        (
            ipmitool("power", "status", says="in update mode", code=1),
            ipmipower("--stat", says=SILENCE),
        ),
        steps=STATUS,
    ),
    Symptom(
        "an error, and the command was carried out all the same",
        CompletionCode(code=0xC3, done=True),
        (ipmitool("power", "on", says="[Tt]imeout", code=1), IS_ON),
        steps=CONTROL,
        accepted=("on",),
    ),
    Symptom(
        "the status query that should confirm it fails",
        BusyAfterOrder(seconds=3600),
        (
            ipmitool("power", "on", says="Up/On"),
            ipmitool("power", "status", says="Node busy", code=1),
            Pass(3601),
            IS_ON,
        ),
    ),
    Symptom(
        "no status until the machine has booted",
        BootingCode(seconds=3600),
        (
            ipmitool("power", "on", says="Up/On"),
            ipmitool("power", "status", says="Unspecified error", code=1),
            Pass(3601),
            IS_ON,
        ),
    ),
    Symptom(
        "ipmitool falls back to suite 3 and is refused; -C helps",
        NoCipherSuites(),
        (
            ipmitool("power", "status", suite="", says="no matching cipher suite", code=1),
            ipmitool("power", "status", suite="17", says="Chassis Power is off"),
        ),
        profile=Profile(suites=(17,)),
    ),
    Symptom(
        "ipmitool without -C waits before it logs in",
        CipherSuitesUnanswered(),
        (ipmitool("power", "status", suite="", says="Chassis Power is off", repeats=1),),
    ),
    Symptom(
        "the login fails at its last message",
        LookupBitHash(),
        (ipmitool("-vv", "power", "status", says="RAKP 4 .* : invalid integrity check value", code=1),),
    ),
    Symptom(
        "boards that want padded names as well let FreeIPMI's workaround in",
        LookupBitHash(),
        (
            ipmipower("--stat", says="username invalid", code=1),
            ipmipower("-W", "intel20", "--stat", says=": off"),
        ),
        also=Rule(PaddedNames()),
    ),
    Symptom(
        "username invalid, but for FreeIPMI's workaround",
        WrongCapabilities(),
        (
            ipmipower("--stat", says="username invalid", code=1),
            ipmipower("-W", "authcap", "--stat", says=": off"),
        ),
    ),
    Symptom(
        "ipmitool says Up/On and the machine stays off",
        OrderIgnored(),
        (ipmitool("power", "on", says="^Chassis Power Control: Up/On"), IS_OFF),
        accepted=("on",),
    ),
    Symptom(
        "off is confirmed, and later the machine comes on",
        OrderLate(orders=frozenset({Order.ON}), by=HOUR),
        (
            ipmitool("power", "on", says="Up/On"),
            ipmitool("power", "off", says="Down/Off"),
            IS_OFF,
            Pass(3601),
            IS_ON,
        ),
        accepted=("on", "off"),
    ),
    Symptom(
        "one reset of ipmitool shakes the machine twice",
        OrderTwice(lag=HOUR),
        (ipmitool("power", "reset", says="Reset"), Happens("reset"), Pass(3601), Happens("reset", times=2)),
        profile=ON,
        accepted=("reset",),
    ),
    Symptom(
        "off, on, and off again",
        Bounce(after=HOUR, lasting=HOUR),
        (
            ipmitool("power", "off", says="Down/Off"),
            IS_OFF,
            Pass(5400),
            IS_ON,
            Pass(3600),
            IS_OFF,
        ),
        profile=ON,
        accepted=("off",),
    ),
    Symptom(
        "every client reads off while the machine runs",
        WrongReading(),
        (
            IS_OFF,
            ipmipower("--stat", says=": off"),
            openipmi("00 01", says="0f 01 00 01 00 [0-9a-f]0 "),
        ),
        profile=ON,
    ),
    Symptom(
        "a power-on looks as if it had failed",
        StaleReading(seconds=3600),
        (ipmitool("power", "on", says="Up/On"), IS_OFF, Pass(3601), IS_ON),
        accepted=("on",),
    ),
    Symptom(
        "a session dies, then silence, then the BMC says that it is starting",
        Reboot(silence=HOUR, initialising=HOUR),
        (
            ipmitool("power", "reset", says="Unable to set Chassis Power Control to Reset", code=1, repeats=1),
            ipmipower("--stat", says="connection timeout", code=1),
            Pass(5400),
            openipmi("00 01", says="Unable to setup connection: 10000d2", code=1),
            ipmipower("--stat", says="BMC error"),
            Pass(3600),
            IS_ON,
        ),
        steps=CONTROL,
        times=1,
        profile=ON,
    ),
    Symptom(
        "a timeout, and then it works again",
        Hang(lasting=HOUR),
        (GIVES_UP, ipmipower("--stat", says="connection timeout", code=1), Pass(3601), IS_OFF),
        steps=STATUS,
        times=1,
    ),
    Symptom(
        "one lost answer, and the BMC is gone for minutes",
        DeathOnRepeat(silence=HOUR),
        (ipmipower("--stat", says="(connection|session) timeout", code=1), Pass(3601), IS_OFF),
        also=Rule(Drop(way=Way.OUT), None, frozenset({"rakp1"}), times=1),
    ),
    Symptom(
        "ipmipower runs into its timeout in the middle of a session",
        Slow(by=HOUR),
        (ipmipower("--stat", says="session timeout", code=1),),
        steps=STATUS,
    ),
    Symptom(
        "one slow command holds up everybody",
        Blocked(by=HOUR),
        (GIVES_UP, ipmipower("--stat", says="connection timeout", code=1), Pass(3601), IS_OFF),
        steps=STATUS,
        times=1,
    ),
    Symptom(
        "ipmitool insists on the suite it asked for, ipmipower does not look",
        WeakerSuite(),
        (
            ipmitool("power", "status", says="algorithm 0x00 is not what we requested 0x03", code=1, repeats=1),
            ipmipower("-I", "17", "--stat", says=": off$"),
        ),
    ),
    Symptom(
        "the GUID is not the one that was proven",
        ForeignGuid(),
        (PASSWORD_INVALID,),
    ),
    Symptom(
        "somebody who does not know the password answers",
        ForgedProof(),
        (PASSWORD_INVALID,),
    ),
    Symptom(
        "ipmitool does not compare message tags",
        ForeignAnswer(),
        (IS_OFF, TIMEOUT),
    ),
    Symptom(
        "ipmitool believes whoever answers in clear",
        UnsealedAnswer(),
        (IS_OFF, TIMEOUT),
        steps=STATUS,
    ),
    Symptom(
        "codes are wrong",
        ForgedCode(),
        (ipmitool("power", "status", says="invalid authcode", code=1, repeats=1), TIMEOUT),
        steps=STATUS,
    ),
    Symptom(
        "our own packets come back",
        ReflectedAnswer(),
        (ipmitool("power", "status", says="Unexpected message ID", code=1, repeats=1), TIMEOUT),
        steps=STATUS,
    ),
    Symptom(
        "answers belong to other requests",
        ForeignResponse(),
        (GIVES_UP, TIMEOUT),
        steps=STATUS,
    ),
    Symptom(
        "ipmitool reads what is not there",
        WrongLength(),
        (IS_OFF, TIMEOUT),
        steps=STATUS,
        profile=ON,
    ),
    Symptom(
        "the length is more than there is",
        FalseLength(),
        (
            ipmitool("power", "status", says="invalid authcode", code=1, repeats=1),
            ipmipower("-I", "17", "--stat", says="Invalid argument", code=1),
        ),
        steps=STATUS,
    ),
]

ELSEWHERE = {NoPong, ReusedSessionId}
"""Faults that take a client that stays: tests of their own, below."""


@pytest.mark.stranger
@pytest.mark.parametrize("symptom", SYMPTOMS, ids=str)
def test_a_stranger_shows(symptom: Symptom, fleets: BmcFleets) -> None:
    symptom.shown(fleets)


def test_no_fault_of_ipmi_is_without_a_symptom() -> None:
    shown = {type(symptom.fault) for symptom in SYMPTOMS} | ELSEWHERE
    assert {kind for kind in CATALOGUE.values() if kind.point is not Point.HTTP} == shown


@stranger("ipmipower")
def test_no_pong_ipmipower_discovers_nobody(fleets: BmcFleets) -> None:
    bmc = fleets.first
    with bmc.faults.on("no-pong"), staying(ipmipower("--ping-interval", "50", says=""), bmc) as told:
        bmc.wait_for("fault", kind="no-pong", times=2)
        printed, _ = told.communicate("stat\nquit\n")
        assert "not discovered" in printed


@stranger("ipmitool")
def test_reused_session_id_kills_the_session_of_another(fleets: BmcFleets) -> None:
    bmc = fleets.first
    with bmc.faults.on(ReusedSessionId()), staying(ipmitool("shell", repeats=1), bmc) as told:
        bmc.wait_for("session-opened")
        IS_OFF.play(bmc)
        printed, _ = told.communicate("power status\nexit\n")
        assert "Unable to get Chassis Power Status" in printed
