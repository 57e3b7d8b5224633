"""What is counted, for Prometheus.  No label names a node: ten thousand would be as many time series."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

import prometheus_client as prometheus
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bmcsim.faults.catalogue import CATALOGUE
from bmcsim.faults.point import Step
from bmcsim.fleet import Fleet
from bmcsim.hardware import Power
from bmcsim.orders import Order
from bmcsim.tally import Tally

CONTENT_TYPE = prometheus.CONTENT_TYPE_PLAIN_0_0_4

_LOGIN_STEPS = frozenset(Step)


class Metrics:
    """All metrics of one simulator."""

    def __init__(self, fleet: Fleet, tally: Tally) -> None:
        """Count `fleet`, whose events pass through `tally`."""
        self._registry = prometheus.CollectorRegistry()
        self._registry.register(_Fleet(fleet, tally))
        prometheus.ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """Return everything in Prometheus' text format (0.0.4)."""
        return prometheus.generate_latest(self._registry)


class _Fleet(Collector):
    """A fleet at the moment at which somebody looks."""

    def __init__(self, fleet: Fleet, tally: Tally) -> None:
        self._fleet = fleet
        self._tally = tally

    def collect(self) -> Iterator[Metric]:
        fleet, tally = self._fleet, self._tally
        powers = Counter(bmc.machine.power for bmc in fleet)
        by_power = GaugeMetricFamily("bmcsim_bmcs", "BMCs by the power of their machine.", labels=["power"])
        for power in Power:
            by_power.add_metric([power], powers[power])
        yield by_power
        silent = sum(not bmc.answering for bmc in fleet)
        yield GaugeMetricFamily("bmcsim_bmcs_silent", "BMCs that neither hear nor answer.", silent)
        yield GaugeMetricFamily("bmcsim_sessions_open", "Sessions that are open.", tally.sessions)
        yield CounterMetricFamily("bmcsim_sessions_opened", "Sessions that were opened.", tally.opened)
        way = CounterMetricFamily("bmcsim_datagrams", "IPMI datagrams from and to clients.", labels=["way"])
        way.add_metric(["in"], fleet.received)
        way.add_metric(["out"], fleet.sent)
        yield way
        yield _by("bmcsim_power_commands", "Power commands accepted.", "command", tally.commands, tuple(Order))
        kinds = (*CATALOGUE, "lost", "duplicated", "delayed")
        yield _by("bmcsim_faults", "Faults that struck, those of the network too.", "kind", tally.faults, kinds)
        logins = {what: number for what, number in tally.refused.items() if what in _LOGIN_STEPS}
        yield _by("bmcsim_logins_refused", "Logins refused, by the step that was.", "step", logins)
        others = sum(number for what, number in tally.refused.items() if what not in _LOGIN_STEPS)
        yield CounterMetricFamily("bmcsim_power_commands_refused", "Power commands refused.", others)
        yield _by("bmcsim_datagrams_unanswered", "Datagrams that got no answer.", "reason", tally.dropped)
        yield _by("bmcsim_redfish_requests", "Redfish requests answered, by status.", "status", tally.requests)
        yield _by("bmcsim_power_changes", "Changes of power.", "cause", tally.changes)
        yield CounterMetricFamily("bmcsim_events", "Events in the log.", tally.number)


def _by(name: str, about: str, label: str, counts: Mapping[str, int], known: Collection[str] = ()) -> Metric:
    """Return a counter by one label; what is `known` is there from the start, so that rates can be taken."""
    family = CounterMetricFamily(name, about, labels=[label])
    for value in dict.fromkeys((*known, *counts)):
        family.add_metric([str(value)], counts.get(value, 0))
    return family
