"""The monthly review pack as PDF by Typst: A4, as many pages as there are pilots to tell of; tagged like the memo."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, Literal, cast

from experiments.documents.pack_model import Pack
from experiments.documents.pdf import text_fonts
from experiments.pictures import theme
from experiments.words import language, sentences_in

TEMPLATE = Path(__file__).parent / "pack.typ"


def pack_pdf(pack: Pack) -> bytes:
    """The pack as PDF; the bytes depend on the pack and the fonts of the machine only."""
    return pack_and_warnings(pack)[0]


def pack_and_warnings(pack: Pack) -> tuple[bytes, tuple[str, ...]]:
    """The PDF and what the typesetter warned of. Where the fonts lack a letter, a PDF without tags."""
    import typst

    try:
        return _compiled(pack, standard="ua-1")
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
        return _compiled(pack, standard=None)


def _compiled(pack: Pack, *, standard: Literal["ua-1"] | None) -> tuple[bytes, tuple[str, ...]]:
    import typst

    stamp = datetime.combine(pack.made_on, time(), UTC)
    compiler = typst.Compiler(str(TEMPLATE), sys_inputs={"pack": json.dumps(_data(pack), ensure_ascii=False)})
    pdf, warnings = compiler.compile_with_warnings(
        format="pdf", pdf_standards=standard, timestamp=int(stamp.timestamp())
    )
    return cast(bytes, pdf), tuple(warning.message for warning in warnings)


def _data(pack: Pack) -> dict[str, Any]:
    words = sentences_in(language())
    return {
        **dataclasses.asdict(dataclasses.replace(pack)),
        "made_on": [pack.made_on.year, pack.made_on.month, pack.made_on.day],
        "words": {key.removeprefix("pack."): text for key, text in words.items() if key.startswith("pack.heading.")}
        | {"of_page": words["memo.of_page"], "nothing": words["pack.nothing"]},
        "fonts": text_fonts(),
        "colours": theme.VERDICT_COLOURS,
        "on_badge": theme.ON_BADGE,
        "signs": {verdict: theme.badge_svg(verdict) for verdict in theme.VERDICT_COLOURS},
    }
