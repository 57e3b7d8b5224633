"""The audit: a journal held against the declared machine, entry by entry.

It replays what the journal tells and knows nothing of the code that wrote it: what it shares with the daemon is
the spec, the words, and the shape of the store.
"""

from powerfsm.audit.auditor import Auditor
from powerfsm.audit.findings import Check, Finding, Row

__all__ = ["Auditor", "Check", "Finding", "Row"]
