"""How patient the IPMI driver is."""

from dataclasses import dataclass

from powerfsm.ipmi.transport import Patience

# Three datagrams, at 0, 1 and 2.5 times the timing `retransmit`, and the wait after the last.
_THREE_DATAGRAMS = 4.75


@dataclass(frozen=True, slots=True)
class IpmiTimings:
    """Seconds; names and defaults are those of `spec/power.yaml`.

    Attributes:
        answer: How long one request, with its retransmissions, may go unanswered.
        retransmit: Time to the first retransmission; each further one waits half as long again.
        fence: How long Close Session may go unanswered, by whatever way it is asked.
    """

    answer: float = 10.0
    retransmit: float = 0.5
    fence: float = 10.0

    @property
    def patience(self) -> Patience:
        """With an ordinary request."""
        return Patience(self.answer, self.retransmit)

    @property
    def close_attempt(self) -> float:
        """Seconds for which a session's own Close Session is repeated.

        A closed session never answers again, so an answer that got lost cannot be had by asking on:
        after three datagrams silence more likely means "done" than "not heard", and there is another
        way to ask.
        """
        return min(self.fence, _THREE_DATAGRAMS * self.retransmit)
