"""Do the questions of a scale hang together? Cronbach's alpha of the answers behind ``scale_mean``."""

from __future__ import annotations

from stats._pingouin import Association, cronbach_alpha
from stats.raw_records.records import RawRecords
from stats.results import NotEstimable

MOST_PEOPLE = 100_000


def reliability(records: RawRecords) -> Association | NotEstimable:
    """Alpha over the records that answered every question of the scale (the first 100,000); n: how many they are."""
    items = [f"scale_{place}" for place in range(1, len(records.mapping.scale) + 1)]
    if len(items) < 2:
        return NotEstimable(code="too_few_answers", facts={"people": records.kept, "questions": len(items)})
    table = records.table
    complete = table.filter(*(table[item].notnull() for item in items)).order_by("row").select(*items)
    answers = complete.limit(MOST_PEOPLE).to_pyarrow()
    return cronbach_alpha(list(zip(*(answers.column(item).to_pylist() for item in items), strict=True)))
