"""What `powerfsm serve` does: read the configuration, run the daemon, and say in words why it could not run."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from powerfsm.api.access import TokensError
from powerfsm.cli.exits import Exit
from powerfsm.cli.screen import complain
from powerfsm.config import ConfigurationError, read_configuration
from powerfsm.daemon import CannotListen, serve
from powerfsm.secrets_file import CredentialsError
from powerfsm.spec import SpecError
from powerfsm.store.errors import StoreError

_TOLD_WRONGLY = (ConfigurationError, CredentialsError, SpecError, TokensError)
_CANNOT = (CannotListen, StoreError)


def run_daemon(config: Path | None, options: Mapping[str, str], ready_file: Path | None) -> int:
    """Run the daemon until it is told to end; gives the exit code.

    Args:
        config: The configuration file, or None.
        options: Those that were given, without their dashes.
        ready_file: Written once requests are accepted, or None.
    """
    try:
        return serve(read_configuration(config, options=options), ready_file=ready_file)
    except (*_TOLD_WRONGLY, *_CANNOT, BaseExceptionGroup) as error:
        causes = list(_causes(error))
        if not all(isinstance(cause, (*_TOLD_WRONGLY, *_CANNOT)) for cause in causes):
            raise
        for cause in causes:
            for line in str(cause).splitlines():
                complain(line)
        wrong = any(isinstance(cause, _TOLD_WRONGLY) for cause in causes)
        return Exit.USAGE if wrong else Exit.NOT_DONE


def _causes(error: BaseException) -> Iterator[BaseException]:
    """What lies inside of groups of errors, which tasks wrap around what they raise."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _causes(inner)
    else:
        yield error
