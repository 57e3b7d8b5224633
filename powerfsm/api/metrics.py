"""What the daemon counts and measures, for Prometheus.

No label names a node: a fleet of 100,000 would be as many time series.  What can be counted in the registry is
counted when somebody looks; what passes by (requests, ends of operations, commits) is counted as it passes.
"""

import time
from collections import Counter as Tally
from collections.abc import Iterator

import prometheus_client as prometheus
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from powerfsm import __version__
from powerfsm.operation import Status
from powerfsm.power import Ask
from powerfsm.registry.registry import Registry
from powerfsm.registry.writer import Durable
from powerfsm.store.batch import Batch
from powerfsm.store.errors import StoreError

_COMMIT_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Commits:
    """A store in front of which every commit is counted and timed; the registry commits through it.

    Args:
        store: Where batches are committed.

    Attributes:
        failing: The last commit failed, and none has succeeded since.
    """

    def __init__(self, store: Durable) -> None:
        self._store = store
        self.failing = False
        self.registry = prometheus.CollectorRegistry()
        self._seconds = prometheus.Histogram(
            "powerfsm_commit_seconds",
            "Time that a commit took, until it was on disk.",
            buckets=_COMMIT_SECONDS,
            registry=self.registry,
        )
        self._failed = prometheus.Counter(
            "powerfsm_commits_failed", "Commits that the store did not take.", registry=self.registry
        )
        self._entries = prometheus.Counter(
            "powerfsm_journal_entries", "Entries appended to the journal.", ["kind"], registry=self.registry
        )
        self._ended = prometheus.Counter(
            "powerfsm_operations_ended",
            "Operations that ended, by what was asked and how they ended.",
            ["ask", "status"],
            registry=self.registry,
        )
        for ask in Ask:
            for status in Status:
                if status.ended:
                    self._ended.labels(ask, status)

    async def commit(self, batch: Batch) -> None:
        """Commit, see `powerfsm.store.Store.commit`."""
        begun = time.perf_counter()
        try:
            await self._store.commit(batch)
        except StoreError:
            self.failing = True
            self._failed.inc()
            raise
        self.failing = False
        self._seconds.observe(time.perf_counter() - begun)
        for kind, number in Tally(entry.kind for entry in batch.journal).items():
            self._entries.labels(kind).inc(number)
        ended = Tally((each.ask, each.status) for each in batch.operations.values() if each.status.ended)
        for (ask, status), number in ended.items():
            self._ended.labels(ask, status).inc(number)


class Metrics:
    """All metrics of one daemon.

    Args:
        registry: What is counted when somebody looks.
        commits: What counts commits, or None.
    """

    def __init__(self, registry: Registry, commits: Commits | None = None) -> None:
        self._collected = prometheus.CollectorRegistry()
        self._collected.register(_Fleet(registry))
        prometheus.ProcessCollector(registry=self._collected)
        self._commits = commits
        self._requests = prometheus.Counter(
            "powerfsm_requests",
            "Power requests, one for each node: accepted, replayed (a known idempotency key), or why refused.",
            ["ask", "result"],
            registry=self._collected,
        )
        self._streams = prometheus.Gauge(
            "powerfsm_event_streams", "Event streams that are open.", registry=self._collected
        )
        self._cut_off = prometheus.Counter(
            "powerfsm_event_streams_cut_off",
            "Event streams that were cut off because their client read too slowly.",
            registry=self._collected,
        )
        for ask in Ask:
            self._requests.labels(ask, "accepted")

    def asked(self, ask: Ask, result: str, number: int) -> None:
        """Count requests: `result` is `accepted`, `replayed`, or the name of a problem."""
        self._requests.labels(ask, result).inc(number)

    def stream_opened(self) -> None:
        """Count an event stream in."""
        self._streams.inc()

    def stream_closed(self, *, cut_off: bool) -> None:
        """Count an event stream out."""
        self._streams.dec()
        if cut_off:
            self._cut_off.inc()

    @property
    def failing(self) -> bool:
        """Whether the store did not take the last commit."""
        return self._commits is not None and self._commits.failing

    def text(self) -> bytes:
        """Everything in Prometheus' text format (0.0.4)."""
        text = prometheus.generate_latest(self._collected)
        return text if self._commits is None else text + prometheus.generate_latest(self._commits.registry)


CONTENT_TYPE = prometheus.CONTENT_TYPE_PLAIN_0_0_4


class _Fleet(Collector):
    """What the registry knows at the moment."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        registry = self._registry
        states = Tally(node.state for node in registry.nodes.values())
        nodes = GaugeMetricFamily("powerfsm_nodes", "Nodes by state.", labels=["state"])
        for state in registry.spec.node.states:
            nodes.add_metric([state], states[state])
        yield nodes
        statuses = Tally(operation.status for operation in registry.operations.values())
        operations = GaugeMetricFamily(
            "powerfsm_operations", "Operations that have not ended, by status.", labels=["status"]
        )
        for status in Status:
            if not status.ended:
                operations.add_metric([status], statuses[status])
        yield operations
        yield _gauge("powerfsm_actions_in_play", "Actions that drive a node.", len(registry.actions))
        drifted = sum(node.drifted for node in registry.nodes.values())
        yield _gauge(
            "powerfsm_nodes_drifted", "Nodes that read otherwise than declared, and are flagged.", drifted
        )
        outstanding = registry.outstanding()
        sessions = sum(len(registry.sessions(node.name)) for node in outstanding)
        yield _gauge("powerfsm_nodes_outstanding", "Nodes in the recovery listing.", len(outstanding))
        yield _gauge("powerfsm_sessions_in_use", "BMC sessions not shown to be closed.", sessions)
        yield _gauge(
            "powerfsm_journal_length", "Entries of the journal; the last one's number.", registry.journal_length
        )
        yield _gauge("powerfsm_defects", "Rejected events since the start; each is a bug.", registry.defects)
        broken = CounterMetricFamily(
            "powerfsm_broken_properties",
            "Properties of the spec that a node broke as a commit left it; each is a bug.",
            labels=["property"],
        )
        for name in registry.assertions.properties:
            broken.add_metric([name], registry.assertions.broken[name])
        yield broken
        yield _gauge("powerfsm_accepting", "1 where power requests are accepted.", int(registry.accepting))
        yield _gauge("powerfsm_ready", "1 where recovery has taken up all outstanding work.", int(registry.ready))
        build = GaugeMetricFamily("powerfsm_build_info", "What runs.", labels=["version", "spec"])
        build.add_metric([__version__, registry.spec.digest], 1)
        yield build


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value)
