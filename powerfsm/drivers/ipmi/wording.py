"""What is told when a BMC cannot be driven: which BMC, what it answered, what to do; never a secret."""

from powerfsm.bmc import Bmc
from powerfsm.drivers.errors import FenceUnanswered, LoginRefused, Refused, Unanswered, Unreachable, Unsupported
from powerfsm.ipmi.codes import Code
from powerfsm.ipmi.session import Failure
from powerfsm.ipmi.transport import NoAnswer
from powerfsm.ipmi.wire import WireError


def where(bmc: Bmc) -> str:
    """Name a BMC by host and port."""
    host = f"[{bmc.host}]" if ":" in bmc.host else bmc.host
    return f"BMC {host}:{bmc.port}"


def refused(bmc: Bmc, what: str, code: Code) -> Refused:
    """Tell that the BMC answered `what` and did not do it."""
    kind = Unsupported if code.unsupported else Refused
    message = f"{where(bmc)}: {what}: {code.meaning} ({code})"
    return kind(code.name, message, transient=code.transient, advice=code.advice)


def malformed(bmc: Bmc, what: str, error: WireError) -> Refused:
    """Tell that the answer to `what` cannot be read."""
    return Refused(
        "malformed-answer",
        f"{where(bmc)}: the answer to {what} cannot be read ({error})",
        transient=True,
        advice="if it stays so, update the BMC's firmware",
    )


def maybe_done(bmc: Bmc, what: str, code: Code) -> Unanswered:
    """Tell that the BMC answered `what`, but not whether it was done."""
    return Unanswered(
        code.name,
        f"{where(bmc)}: {what}: {code.meaning} ({code}); it may have been done",
        transient=True,
        advice=code.advice,
    )


def unanswered(bmc: Bmc, what: str, silence: NoAnswer) -> Unanswered:
    """Tell that nothing came back to `what`."""
    return Unanswered(
        "unanswered",
        f"{where(bmc)}: {what}: {silence}",
        transient=True,
        advice="check the BMC and the network to it",
    )


def login_refused(bmc: Bmc, user: str, failure: Failure) -> LoginRefused:
    """Tell that the BMC refused a login."""
    code = failure.code
    message = f"{where(bmc)}: login of user {user!r} refused in {failure.at}: {code.meaning} ({code})"
    return LoginRefused(code.name, message, transient=code.transient, advice=code.advice)


def misconfigured(bmc: Bmc, name: str, problem: str, advice: str) -> LoginRefused:
    """Tell that a login was not even tried, because the configuration cannot be right."""
    return LoginRefused(name, f"{where(bmc)}: {problem}", transient=False, advice=advice)


def unknown_host(bmc: Bmc, error: OSError) -> Unreachable:
    """Tell that the host has no address that can be reached."""
    return Unreachable(
        "unknown-host",
        f"{where(bmc)}: no address of that name can be reached ({error.strerror or error})",
        transient=True,
        advice="check the BMC's host name, and the name service",
    )


def unreachable(bmc: Bmc, silence: NoAnswer, *, began: bool) -> Unreachable:
    """Tell that nothing came back while logging in; `began` is whether the BMC had answered at all."""
    if began:
        return Unreachable(
            "login-unanswered",
            f"{where(bmc)}: the BMC began the login and fell silent: {silence}",
            transient=True,
            advice="check that the user exists on the BMC (some say nothing to unknown ones), and its load",
        )
    return Unreachable(
        "unreachable",
        f"{where(bmc)}: {silence}",
        transient=True,
        advice="check the address, that the BMC has power and network, and that IPMI over LAN is enabled on it",
    )


def unfenced(
    bmc: Bmc, session_id: int, reason: str, *, name: str = "unanswered", transient: bool = True, advice: str = ""
) -> FenceUnanswered:
    """Tell that a session could not be shown to be closed."""
    return FenceUnanswered(
        name,
        f"{where(bmc)}: session {session_id:08x} cannot be shown to be closed: {reason}",
        transient=transient,
        advice=advice or "check the BMC and the network to it",
    )
