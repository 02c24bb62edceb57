"""The score card of the sites: what makes a place careful to begin with, and what that says about how far it reaches.

A pilot is begun where it is small, cheap and wanted, and not at the flagship. That is wise, and it makes the sites
unlike the others: what held there need not hold everywhere. So the same card helps to choose and warns of the choice.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from stats.spec import Strict

Size = Literal["small", "medium", "large"]
Risk = Literal["low", "medium", "high"]
Ready = Literal["no", "partly", "yes"]
ALL = ""
"""Stands for the chosen set as a whole."""
LEVELS: Mapping[str, tuple[str, ...]] = {
    "size": ("small", "medium", "large"),
    "risk": ("low", "medium", "high"),
    "ready": ("yes", "partly", "no"),
    "partner": ("yes", "partly", "no"),
    "flagship": ("no", "yes"),
}
"""Each question with its answers, the one that is easiest to begin with first."""
EASY = ("risk", "ready", "partner")
"""What makes a place favourable: little can go wrong, it is ready, and so is the partner there."""


def site_name(name: str) -> str:
    """A site's name as data are read: accents in one spelling, plain spaces, none around it."""
    return unicodedata.normalize("NFC", name).replace("\u00a0", " ").replace("\u202f", " ").strip()


SiteName = Annotated[str, AfterValidator(site_name)]


class SiteScore(Strict):
    """What is known of one site, or of all of them (``site`` empty). None: nobody has said.

    size: of its business; risk: of harm to customers if it goes wrong; ready: people and systems; partner: whether a
    partner there wants it; flagship: a place or customer that everybody looks at.
    """

    site: SiteName = ALL
    size: Size | None = None
    risk: Risk | None = None
    ready: Ready | None = None
    partner: Ready | None = None
    flagship: Literal["no", "yes"] | None = None


@dataclass(frozen=True, kw_only=True)
class SiteChoice:
    """What the score card says, sites by name.

    favourable: places that are easy in two of risk, readiness and partner, and hard in none; careful: site -> why one
    would not begin there ('risk', 'ready', 'partner', 'flagship'); mostly: more than half of those scored are
    favourable.
    """

    scored: tuple[str, ...]
    favourable: tuple[str, ...]
    careful: Mapping[str, tuple[str, ...]]

    @property
    def mostly(self) -> bool:
        return 2 * len(self.favourable) > len(self.scored)


def site_choice(scores: Sequence[SiteScore]) -> SiteChoice:
    """What these scores say; those of places about which nothing is known are left out."""
    known = [score for score in scores if any(getattr(score, name) is not None for name in LEVELS)]
    return SiteChoice(
        scored=tuple(score.site for score in known),
        favourable=tuple(score.site for score in known if _favourable(score)),
        careful={score.site: why for score in known if (why := _careful(score))},
    )


def choice_of(where: Mapping[str, Any]) -> SiteChoice:
    """Of a charter's part ``where``, as a draft holds it."""
    return site_choice([SiteScore.model_validate(score) for score in where.get("scorecard") or []])


def _favourable(score: SiteScore) -> bool:
    said = [(name, getattr(score, name)) for name in EASY]
    easy = sum(value == LEVELS[name][0] for name, value in said)
    return easy >= 2 and not any(value == LEVELS[name][-1] for name, value in said)


def _careful(score: SiteScore) -> tuple[str, ...]:
    return tuple(name for name in (*EASY, "flagship") if getattr(score, name) == LEVELS[name][-1])
