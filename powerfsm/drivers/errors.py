"""Why a BMC could not be driven: one class per thing an action must do about it.

Every error names the BMC, says what the BMC answered, whether trying again can help, and what to do.
The tables that turn IPMI completion codes and RMCP+ status codes into these are in `powerfsm.ipmi.codes`.
"""


class DriverError(Exception):
    """Something between us and one BMC went wrong.

    Attributes:
        name: The error's name in the field's terms, in kebab-case: `node-busy`, `no-matching-cipher-suite`.
        transient: True where trying again, a little later, may help.
        advice: What the reader should do, one sentence.
    """

    def __init__(self, name: str, message: str, *, transient: bool, advice: str = "") -> None:
        super().__init__(message)
        self.name = name
        self.transient = transient
        self.advice = advice

    def __str__(self) -> str:
        """Message and advice in one line."""
        message: str = self.args[0]
        return f"{message}; {self.advice}" if self.advice else message


class Unreachable(DriverError):
    """Nothing answered while logging in: no command can have been sent."""


class LoginRefused(DriverError):
    """The BMC answered the login and refused it: credentials, cipher suite, privilege, no free slot."""


class Refused(DriverError):
    """The BMC answered a command with a completion code other than 00h: it did not do it."""


class Unsupported(Refused):
    """The BMC does not know this command at all (C1h, CCh, ...): trying again cannot help."""


class Unanswered(DriverError):
    """A command was sent and nothing came back: it may have acted, or act later."""


class FenceUnanswered(DriverError):
    """A session could not be shown to be closed: it must be waited out."""
