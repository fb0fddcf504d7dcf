"""Generation for Prometheus: how many wait and run, how long it takes, what fails, of what cause."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.generation.state import JobState

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from app.generation.service import Generation


def of(generation: Generation) -> tuple[bytes, str]:
    """The text of a scrape, and its content type. Counters count from the start of the studio."""
    # Needed at the first scrape alone: a studio that nobody monitors does not load it.
    from prometheus_client import CollectorRegistry  # noqa: PLC0415
    from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest  # noqa: PLC0415

    registry = CollectorRegistry()
    registry.register(_Collector(generation))
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _Collector:
    def __init__(self, generation: Generation) -> None:
        self._generation = generation

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import (  # noqa: PLC0415
            CounterMetricFamily,
            GaugeMetricFamily,
            SummaryMetricFamily,
        )

        counts = self._generation.stats().counts
        tally = self._generation.tally
        yield GaugeMetricFamily("proofsheet_jobs_pending", "Jobs that wait", counts[JobState.PENDING])
        yield GaugeMetricFamily("proofsheet_jobs_running", "Jobs at work", counts[JobState.RUNNING])
        yield GaugeMetricFamily(
            "proofsheet_places", "Jobs that can be at work at once", self._generation.backend.places
        )
        yield CounterMetricFamily("proofsheet_pictures", "Pictures painted", tally.pictures)
        yield SummaryMetricFamily(
            "proofsheet_painting_seconds", "Seconds of painting", tally.jobs_completed, tally.seconds
        )
        failures = CounterMetricFamily("proofsheet_jobs_failed", "Jobs that failed, by cause", labels=["cause"])
        for cause, count in sorted(tally.failures.items()):
            failures.add_metric([cause], count)
        yield failures
