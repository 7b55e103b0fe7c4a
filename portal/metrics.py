"""What /metrics tells: counters of this process, and facts of the whole deployment read from the database.

Counters and the hub's numbers are those of the process that answers; a scraper tells the processes apart
by the address it asks (its `instance` label). Facts of the database are the same from every process, and
survive a restart. docs/metrics.md says which is which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from portal.metric_facts import Fact, read_facts

# The exposition format's times of first increment: a second series for each counter that nobody reads.
prometheus_client.disable_created_metrics()

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
DURATION_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

REGISTRY = CollectorRegistry(auto_describe=False)
ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

http_requests = Counter(
    "countersign_http_requests",
    "HTTP requests that this process has ended; status 499: the client left before the answer.",
    ["method", "route", "status"],
    registry=REGISTRY,
)
http_seconds = Histogram(
    "countersign_http_request_duration_seconds",
    "From the end of a request's head to the end of its answer, waiting (long poll, stream) included.",
    ["method", "route"],
    buckets=DURATION_BUCKETS,
    registry=REGISTRY,
)
login_failures = Counter(
    "countersign_login_failures",
    "Log-ins with a user name and password that this process refused.",
    registry=REGISTRY,
)


# A label's child is looked up under a lock and by text; there are few of them.
@lru_cache(maxsize=4096)
def find_count(method: str, route: str, status: int) -> Callable[[], None]:
    return http_requests.labels(method, route, str(status)).inc


@lru_cache(maxsize=2048)
def find_duration(method: str, route: str) -> Callable[[float], None]:
    return http_seconds.labels(method, route).observe


def note_http_request(method: str, route: str, status: int, duration_s: float) -> None:
    """Count one ended request. Called for every request, on any thread."""
    known = method if method in METHODS else "OTHER"
    find_count(known, route, status)()
    find_duration(known, route)(duration_s)


def note_login_failure(**_signal: Any) -> None:
    """Django's `user_login_failed`; neither the name nor the address goes into a label."""
    login_failures.inc()


class FactsCollector(Collector):
    """Facts that are looked up when somebody asks."""

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        return map(build_family, read_facts())


REGISTRY.register(FactsCollector())


def build_family(fact: Fact) -> GaugeMetricFamily | CounterMetricFamily:
    kind = CounterMetricFamily if fact.family.is_counter else GaugeMetricFamily
    built = kind(fact.family.name, fact.family.help, labels=fact.family.labels)
    for labels, value in fact.samples.items():
        built.add_metric(labels, value)
    return built


def render_metrics() -> bytes:
    """Everything, in the text format that `CONTENT_TYPE` names."""
    return prometheus_client.generate_latest(REGISTRY)
