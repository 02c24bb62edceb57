"""Every word of every closed list can be kept and comes back; none other can."""

from __future__ import annotations

import re
from itertools import product

import pytest
from sqlalchemy import Enum, inspect

from registry import find
from registry.errors import Refused
from registry.kinds import Perspective, Stage, Via, WasteClass
from registry.metrics import MetricDefinition, MetricVersion
from registry.open import Registry
from registry.pilots import Pilot
from registry.schema import METADATA

CHOICES = [column for table in METADATA.sorted_tables for column in table.columns if isinstance(column.type, Enum)]


def test_the_database_knows_every_member_of_every_list(registry: Registry) -> None:
    """The migration tool does not see a new member behind a CHECK: each is compared here with the database's own."""
    inspector = inspect(registry._engine)
    assert len(CHOICES) > 20
    for column in CHOICES:
        name = f"ck_{column.table.name}_{column.type.name}"
        checks = {check["name"]: check["sqltext"] for check in inspector.get_check_constraints(column.table.name)}
        assert set(re.findall(r"'([^']*)'", checks[name])) == {m.value for m in column.type.enum_class}, name


def test_every_stage_comes_back(registry: Registry) -> None:
    for stage in Stage:
        with registry.work(None, Via.SYSTEM) as work:
            pilot = Pilot(key=stage.value.replace("_", "-"), title="x", stage=stage, stage_reason="a reason")
            work.record("pilot.registered", work.add(pilot))
    with registry.read() as session:
        assert {pilot.stage for pilot in find.pilots(session)} == set(Stage)
        assert all(isinstance(pilot.stage, Stage) for pilot in find.pilots(session))
        assert [pilot.key for pilot in find.pilots(session, stages=[Stage.IN_REVIEW])] == ["in-review"]


def test_a_metric_comes_back_as_it_was_defined(registry: Registry) -> None:
    spec = {"kind": "ratio", "numerator": "a", "denominator": "b", "q": 0.1 + 0.2, "list": [1, None, "ü"]}
    shared = {"name": "M", "better": "lower", "kind": "ratio", "spec": spec}
    for perspective, waste in product(Perspective, (None, *WasteClass)):
        key = f"{perspective}-{waste}".lower()
        with registry.work(None, Via.SYSTEM) as work:
            metric = work.add(MetricDefinition(key=key))
            version = MetricVersion(metric_id=metric.id, perspective=perspective, waste_class=waste, **shared)
            work.record("metric.defined", work.add(version))
        with registry.read() as session:
            found = find.metric_version(session, key)
        assert (found.perspective, found.waste_class, found.spec) == (perspective, waste, spec)


def test_a_word_that_is_in_no_list_is_refused(registry: Registry) -> None:
    with pytest.raises(Refused) as refused, registry.work(None, Via.SYSTEM) as work:
        work.add(Pilot(key="x", title="x", stage="almost"))
    assert refused.value.problems[0].column == "stage"
