"""Whole names, as one column has them, as first and last name."""

_PREFIXES = {"mr", "mrs", "ms", "miss", "dr", "prof", "rev", "hon", "sir", "madam", "mx", "fr", "capt", "sgt"}
_SUFFIXES = {"jr", "sr", "ii", "iii", "iv", "v", "esq", "md", "phd", "dds", "cpa", "pe", "rn", "dvm", "jd"}
_COMPANIES = {
    "llc",
    "inc",
    "ltd",
    "lp",
    "llp",
    "pllc",
    "pc",
    "corp",
    "corporation",
    "co",
    "company",
    "trust",
    "trustee",
}
_COMPANIES |= {
    "trustees",
    "estate",
    "bank",
    "association",
    "assn",
    "partnership",
    "properties",
    "holdings",
    "investments",
    "gmbh",
}


def first_and_last(text: str) -> tuple[str, str]:
    """Return first and last name of a whole name: `Ada Byron`, `Byron, Ada M`, `Dr. Ada Byron`, `Byron, Ada, Jr.`. Everything
    that is written stays; the last name is empty when there is one word only, and companies are not turned round."""
    words = text.split()
    turned = _turned([part.strip() for part in text.split(",")])
    if turned and not any(_word(word) in _COMPANIES for word in words):
        return turned
    front = 2 if len(words) > 2 and _word(words[0]) in _PREFIXES else 1
    return " ".join(words[:front]), " ".join(words[front:])


def last_first(text: str) -> tuple[str, str]:
    """Return first and last name of a whole name in a column that says its order: `Byron, Ada M`, and `Byron Ada M` without the
    comma. Companies are not turned round."""
    last, *first = text.split()
    if "," in text or not first or any(_word(word) in _COMPANIES for word in first):
        return first_and_last(text)
    return " ".join(first), last


def _turned(parts: list[str]) -> tuple[str, str] | None:
    """Return the parts of `Last, First` in their usual order, or None when that is not what they are."""
    if not all(parts):
        return None
    match [part for part in parts if _word(part) not in _SUFFIXES]:
        case [last, first] if parts[0] == last:
            suffixes = [part for part in parts if _word(part) in _SUFFIXES]
            return first, ", ".join([last, *suffixes])
    return None


def _word(text: str) -> str:
    return text.lower().replace(".", "")
