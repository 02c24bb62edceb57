"""The metric catalogue: one entry a metric, in files that people can read (``catalogue/*.toml``).

``shipped()`` gives the entries that come with the product; ``read_entries`` reads a file of one's own.
"""

from experiments.metrics.entry import JOURNEY_STEPS, MetricEntry
from experiments.metrics.read import FOLDER, read_entries, shipped, theme_of

__all__ = ["FOLDER", "JOURNEY_STEPS", "MetricEntry", "read_entries", "shipped", "theme_of"]
