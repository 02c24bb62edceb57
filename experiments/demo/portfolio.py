"""Runs the stories through the stages, in the order of time, with the clock of the day on which each thing happened."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml

from experiments import register
from experiments.charters.charter import Charter
from experiments.charters.check import read_charter
from experiments.charters.to_plan import to_plan
from experiments.deciding import close, decide, overrule, review
from experiments.demo.aims import add_objectives
from experiments.demo.lessons import LESSONS, add_learnings
from experiments.demo.rolled_out import ROLLOUTS, RolledOut
from experiments.demo.staff import add_staff
from experiments.demo.stories import STORIES, Check, Story
from experiments.demo.worlds import records
from experiments.desk import Desk
from experiments.errors import Refused
from experiments.evidence import assess, recommend
from experiments.planning import plan, rehearse
from experiments.running import assign, changes, check_ins, ingest
from experiments.signing import sign, unsigned
from experiments.versions import iterate
from registry import find
from stats.assessing.look_window import planned_looks
from stats.errors import Problem

CHARTERS = Path(__file__).with_name("charters")
WRITTEN_FOR = date(2026, 11, 16)
"""The Monday for which the charters were written; they move on with the calendar, by whole weeks."""
REHEARSED = 200
"""Made-up pilots for each truth: right to about three in a hundred."""
SEED = 20260101
WOBBLE = (0.04, -0.06, 0.0, 0.07, -0.03, -0.02)
WITHOUT = "We have waited twice; every week without an answer costs customers."
UNTIL = ("registered", "planned", "signed", "assigned", "running", "recommended", "reviewed", "decided", "closed")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One act of somebody on a day."""

    at: datetime
    act: Callable[[], object]


def add_portfolio(desk: Desk, *, if_empty: bool = False, only: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Add the worked portfolio to an empty registry; keys of the pilots. ``only``: some of them."""
    with desk.read() as session:
        if find.pilots(session):
            if if_empty:
                return ()
            raise Refused(Problem(code="no_demo_twice"))
    now = desk.registry.clock()
    keys = tuple(key for key in STORIES if not only or key in only)
    with tempfile.TemporaryDirectory() as folder:
        lives = [_Life(desk, key, now, Path(folder)) for key in keys]
        steps = [step for life in lives for step in life.steps()]
        if not only:
            steps += [step for life in lives if life.key in ROLLOUTS for step in life.rolled_out()]
        steps.sort(key=lambda step: step.at)
        with _clock(desk, steps[0].at):
            add_staff(desk)
        for step in steps:
            with _clock(desk, step.at):
                step.act()
    if not only:
        add_objectives(desk, _weeks(now.date()))
        add_learnings(desk)
    return keys


def charter_of(key: str, today: date) -> Charter:
    """A charter of the portfolio, moved to today."""
    return read_charter(document_of(key, today))


def document_of(key: str, today: date) -> dict[str, Any]:
    """The charter as it is written in its file, its dates moved by whole weeks so that it is about now."""
    document: dict[str, Any] = yaml.safe_load((CHARTERS / f"{key}.yaml").read_text(encoding="utf-8"))
    weeks = _weeks(today)
    where = document["where"]
    for name in ("baseline_from", "start", "end"):
        if name in where:
            where[name] = where[name] + weeks
    post = where["columns"].get("post")
    if post:
        post["from"] = (date.fromisoformat(post["from"]) + weeks).isoformat()
    return document


def _weeks(today: date) -> timedelta:
    """By how much the written days move."""
    return timedelta(weeks=(today - WRITTEN_FOR).days // 7)


@contextmanager
def _clock(desk: Desk, at: datetime) -> Iterator[None]:
    """The registry's clock stands at the moment of the made-up event."""
    usual = desk.registry.clock
    desk.registry.clock = lambda: at
    try:
        yield
    finally:
        desk.registry.clock = usual


class _Life:
    """The steps of one pilot with their days."""

    def __init__(self, desk: Desk, key: str, now: datetime, folder: Path) -> None:
        self.desk, self.key, self.now, self.folder = desk, key, now, folder
        self.story: Story = STORIES[key]
        self.charter = charter_of(key, now.date())

    def steps(self) -> list[Step]:
        start = self.charter.where.start or self.now.date()
        days = [self._due(check) or self.now.date() for check in self.story.checks]
        end = days[-1]
        happened = [
            ("registered", start - timedelta(days=45), self._register),
            ("planned", start - timedelta(days=41), self._plan),
            ("planned", start - timedelta(days=40), self._rehearse),
            *(
                ("signed", start - timedelta(days=33 - n), self._partner_signs(c))
                for n, c in enumerate(self._contacts())
            ),
            ("signed", start - timedelta(days=6 if self.story.unsigned else 21), self._lock),
            ("assigned", start - timedelta(days=5 if self.story.unsigned else 19), self._assign),
            *(("running", start + timedelta(days=note[0]), self._note(*note[1:])) for note in self.story.notes),
            *(("running", week + timedelta(days=7), self._check_in(week)) for week in self._weeks_told(start, end)),
            *(step for check, day in zip(self.story.checks, days, strict=True) for step in self._looked(check, day)),
            *(
                ("reviewed", end + timedelta(days=7 + n), self._review(*said))
                for n, said in enumerate(self.story.reviews)
            ),
            ("decided", end + timedelta(days=14), self._decide),
            *(("decided", end + timedelta(days=16), self._confirm(second)) for second in self._seconds()),
            ("closed", end + timedelta(days=30), self._close),
        ]
        last = UNTIL.index(self.story.until)
        return [self._step(day, act) for stage, day, act in happened if UNTIL.index(stage) <= last]

    def rolled_out(self) -> list[Step]:
        """After the decision: the roll-out, wave by wave."""
        end = self._due(self.story.checks[-1]) or self.now.date()
        life = RolledOut(
            desk=self.desk,
            charter=self.charter,
            decided_by=self.story.decided_by,
            decided_on=end + timedelta(days=14),
            folder=self.folder,
        )
        return [self._step(day, act) for day, act in life.acts()]

    def _due(self, check: Check) -> date | None:
        """The day of a planned check; of several half-way ones the first."""
        looks = planned_looks(to_plan(self.charter))
        places = {"half_way": looks[0], "end": [look for look in looks if not look.extension][-1]}
        return (looks[-1] if check == "extension" else places[check]).due

    def _looked(self, check: Check, day: date) -> list[tuple[str, date, Callable[[], object]]]:
        """Bring the data so far, look at them, and ask the rule; before an extension the executive extends."""
        extended: list[tuple[str, date, Callable[[], object]]] = []
        if check == "extension":
            extended = [("running", day - timedelta(days=26), self._review(*said)) for said in self.story.reviews]
            extended.append(("running", day - timedelta(days=25), self._extend))
        return [
            *extended,
            ("running", day + timedelta(days=2), self._ingest),
            ("recommended", day + timedelta(days=3), self._assess),
            ("recommended", day + timedelta(days=3, minutes=1), self._recommend),
        ]

    def _weeks_told(self, start: date, end: date) -> list[date]:
        """The Mondays of the weeks on which the sites gave their word, as far as the calendar has come."""
        if self.story.used is None:
            return []
        weeks = (start + timedelta(weeks=n) for n in range((end - start).days // 7 + 1))
        return [week for week in weeks if week + timedelta(days=7) <= self.now.date()]

    def _step(self, day: date, act: Callable[[], object]) -> Step:
        """In the morning of its day; what the calendar has not reached yet happened last week at the latest."""
        order = [
            self._register,
            self._plan,
            self._rehearse,
            self._lock,
            self._assign,
            self._ingest,
            self._assess,
            self._recommend,
        ]
        minutes = order.index(act) if act in order else len(order)
        latest = self.now - timedelta(days=3) + timedelta(minutes=minutes)
        return Step(at=min(datetime.combine(day, time(9, minutes), UTC), latest), act=act)

    def _as(self, who: str) -> Desk:
        return self.desk.as_person(who)

    @property
    def _owner(self) -> Desk:
        return self._as(self.charter.owner.name)

    def _contacts(self) -> list[str]:
        named = [partner.contact for partner in self.charter.partners if partner.contact and partner.metric]
        return [name for name in named if name not in self.story.unsigned]

    def _register(self) -> object:
        if self.story.follows:
            iterate.iterate(self._owner, self.story.follows, self.story.changed)
        return register.register(self.desk, document_of(self.key, self.now.date()))

    def _plan(self) -> object:
        return plan.plan(self._owner, self.key)

    def _rehearse(self) -> object:
        """Coarser than a team's own, so that the worked portfolio is loaded in seconds; the memo tells how many."""
        made = rehearse.rehearse(self._owner, self.key, pilots=REHEARSED, seed=SEED, least=REHEARSED)
        return made.kept

    def _partner_signs(self, contact: str) -> Callable[[], object]:
        terms = sign.Terms(pulls_against=self._pulls_against(contact), relief="None needed")
        return lambda: sign.sign(self._as(contact), self.key, terms)

    def _pulls_against(self, contact: str) -> str:
        named = [partner.pulls_against for partner in self.charter.partners if partner.contact == contact]
        return named[0] or "None"

    def _lock(self) -> object:
        if self.story.unsigned:
            return unsigned.start_unsigned(self._as(self.charter.sponsor.name), self.key, WITHOUT)
        return sign.sign(self._owner, self.key)

    def _assign(self) -> object:
        return assign.assign(self._owner, self.key)

    def _ingest(self) -> object:
        import pyarrow.csv

        drawn = assign.assigned(self.desk, self.desk.pilot(self.key))
        table = records(self.charter, drawn.arms if drawn else {}, self._last_day())
        path = self.folder / f"{self.key}.csv"
        pyarrow.csv.write_csv(self._so_far(table), path)
        return ingest.ingest(self._owner, self.key, path)

    def _last_day(self) -> date | None:
        """Of the data: the planned end, or the extension's where there was one."""
        days = [self.charter.where.end, *(self._due(check) for check in self.story.checks)]
        return max((day for day in days if day is not None), default=None)

    def _so_far(self, table: Any) -> Any:
        """Without the weeks that are not over yet."""
        period = self.charter.where.columns.period
        if period is None:
            return table
        import pyarrow.compute as pc

        last = self.desk.registry.clock().date() - timedelta(days=7)
        return table.filter(pc.less_equal(table[period], last))

    def _note(self, kind: str, what: str, credit: str, became: str) -> Callable[[], object]:
        def act() -> object:
            entry = changes.note(self._owner, self.key, what, kind=kind, credited_to=credit)
            if not became:
                return entry
            why = "Nobody should have to hold a piece of paper." if became == "declined" else ""
            return changes.settle(self._owner, self.key, entry.id, became, why)

        return act

    def _check_in(self, week: date) -> Callable[[], object]:
        """The word of every site with the change on one week, a little above and below what is true of all."""

        def act() -> object:
            sites = check_ins.treated_sites(self.desk, self.desk.pilot(self.key))
            number = (week - (self.charter.where.start or week)).days // 7
            went_wrong = {place: what for place, when, what in self.story.trouble if when == number}
            used = self.story.used or 0.0
            said = [
                check_ins.Said(
                    site=site,
                    week=week,
                    delivered=0.7 if place in went_wrong else 1.0,
                    used=round(min(1.0, used + WOBBLE[(3 * place + number) % len(WOBBLE)]), 2),
                    trouble=went_wrong.get(place, ""),
                )
                for place, site in enumerate(sites)
            ]
            return check_ins.check_in(self._owner, self.key, said)

        return act

    def _extend(self) -> object:
        return decide.decide(self._as(self.story.decided_by), self.key, decide.Choice(verdict="ITERATE"))

    def _assess(self) -> object:
        return assess.assess(self._owner, self.key)

    def _recommend(self) -> object:
        return recommend.recommend(self._owner, self.key)

    def _review(self, who: str, stance: str, reason: str) -> Callable[[], object]:
        return lambda: review.review(self._as(who), self.key, stance, reason)

    def _decide(self) -> object:
        return decide.decide(self._as(self.story.decided_by), self.key, replace(self.story.choice))

    def _seconds(self) -> list[str]:
        return [self.story.choice.second_approver] if self.story.choice.second_approver else []

    def _confirm(self, second: str) -> Callable[[], object]:
        return lambda: overrule.confirm_overrule(self._as(second), self.key)

    def _close(self) -> object:
        return close.close(self._owner, self.key, LESSONS[self.key])
