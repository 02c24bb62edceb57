"""Which encoding a text file is in: its mark, strict utf-8, rules for two languages, then charset-normalizer.

charset-normalizer, held to the encodings that we read, is right for short samples of French, German, Spanish,
Portuguese, Chinese, Thai and Arabic with a few lines of accents, but for hardly one of Vietnamese (cp1258 writes a
tone behind its vowel, which it takes for noise); with a single line it takes Thai, or Köln, for Chinese.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable

from stats.outcomes.reading import Encoding

TONES = "\u0300\u0309\u0303\u0301\u0323"
VOWELS = set("aăâeêioôơuưyAĂÂEÊIOÔƠUƯY")
VIETNAMESE = set("ăâđêôơưĂÂĐÊÔƠƯàáãèéìíòóõùúýÀÁÃÈÉÌÍÒÓÕÙÚÝ₫")
ISOLATED = ["latin_1", "cp1252", "gb18030", "cp874", "cp1256"]
HIGH_BYTES = re.compile(rb"[\x80-\xff]")
HIGH_RUN = re.compile(rb"[\x80-\xff]+")
# Signs above and below, and tones, stand behind a consonant or another sign.
THAI_WORD = re.compile("(?:[เ-ไ]?[ก-ฮ][ัิ-ฺ็-์]{0,3}[ะาำ]?|[๐-๙฿])+")
THAI_SIGNS = re.compile("[ัิ-ฺ็-์ะาำเ-ไ]")
SAMPLE_BYTES = 32_000


def marked(head: bytes) -> Encoding | None:
    """The encoding that the first bytes give away."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[0:2000:2].count(0), head[1:2000:2].count(0)
    if max(even, odd) > 0.4 * len(head[:2000]) / 2 and min(even, odd) < max(even, odd) / 4:
        return "utf-16-be" if even > odd else "utf-16-le"
    return None


def guess_encoding(lines: Iterable[bytes], utf8: bool) -> Encoding:
    """The likeliest encoding of lines that hold bytes above 127; ``utf8``: the whole file is valid utf-8."""
    if utf8:
        return "utf-8"
    sample = b"\n".join(lines)[:SAMPLE_BYTES]
    runs = HIGH_RUN.findall(sample)
    if sum(map(_is_utf8, runs)) >= len(runs) / 2:
        # A few broken bytes (two files pasted together): reading names them, instead of garbling all the rest.
        return "utf-8"
    if looks_vietnamese(sample):
        return "cp1258"
    if sum(len(run) == 1 for run in runs) > len(runs) / 2:
        return _western(sample)
    if looks_thai(sample):
        return "cp874"
    return _by_statistics(sample)


def _is_utf8(run: bytes) -> bool:
    try:
        run.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def looks_vietnamese(sample: bytes) -> bool:
    """Tone marks behind vowels, and hardly a letter that Vietnamese does not have."""
    text = sample.decode("cp1258", errors="replace")
    letters = [(before, letter) for before, letter in zip(" " + text, text, strict=False) if ord(letter) > 127]
    tones = [(before, letter) for before, letter in letters if letter in TONES]
    placed = sum(before in VOWELS for before, _ in tones)
    fitting = placed + sum(letter in VIETNAMESE for _, letter in letters)
    return placed > 0 and placed >= 0.9 * len(tones) and fitting >= 0.95 * len(letters)


def looks_thai(sample: bytes) -> bool:
    """Nearly all that is not ASCII makes well-formed Thai words, with as many signs as Thai has."""
    text = sample.decode("cp874", errors="replace")
    high = sum(ord(letter) > 127 for letter in text)
    signs = len(THAI_SIGNS.findall(text))
    return sum(map(len, THAI_WORD.findall(text))) >= 0.95 * high and signs >= 0.2 * high


def _western(sample: bytes) -> Encoding:
    """latin-1, or cp1252: the same but for 0x80-0x9F (quotes, euro), where latin-1 has only control characters."""
    undefined = re.search(rb"[\x81\x8d\x8f\x90\x9d]", sample)
    return "cp1252" if re.search(rb"[\x80-\x9f]", sample) and not undefined else "latin-1"


def _by_statistics(sample: bytes) -> Encoding:
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=ISOLATED).best()
    names: dict[str, Encoding] = {"gb18030": "gb18030", "cp874": "cp874", "cp1256": "cp1256"}
    return names.get(best.encoding if best else "", _western(sample))


def readable(sample: bytes, encoding: Encoding) -> tuple[str, bool]:
    """How the bytes would look, accents composed, and whether the encoding has them all."""
    try:
        return unicodedata.normalize("NFC", sample.decode(encoding)), True
    except UnicodeDecodeError:
        return unicodedata.normalize("NFC", sample.decode(encoding, errors="replace")), False
