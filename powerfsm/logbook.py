"""What the daemon writes to standard error: one event a line, for people or for machines.

The log is for whoever looks after the daemon; the audit log of the fleet is the journal.

Tracebacks are plain: structlog's own, where rich is installed, tell the value of every local variable, and so
passwords and tokens.
"""

import logging
import sys
from typing import Literal

import structlog


def configure(style: Literal["console", "json"], level: Literal["debug", "info", "warning", "error"]) -> None:
    """Set up structlog, and lead what libraries log through it.

    Args:
        style: `console` for people (in colour on a terminal), `json` for machines.
        level: The least severe level that is written.
    """
    least = getattr(logging, level.upper())
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    shared: list[structlog.typing.Processor] = [structlog.processors.add_log_level, stamp]
    render: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    if style == "json":
        shared.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=render))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries are heard from warnings on: their chatter at `info` says nothing about power.
    root.setLevel(max(least, logging.WARNING))
