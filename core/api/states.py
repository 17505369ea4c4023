"""States of the USA: what people write for them, and the two letters that are stored. Pure."""

import unicodedata

_NAMES = {
    "AL": "Alabama",
    "AK": "Alaska",
    "AZ": "Arizona",
    "AR": "Arkansas",
    "CA": "California",
    "CO": "Colorado",
    "CT": "Connecticut",
    "DE": "Delaware",
    "DC": "District of Columbia",
    "FL": "Florida",
    "GA": "Georgia",
    "HI": "Hawaii",
    "ID": "Idaho",
    "IL": "Illinois",
    "IN": "Indiana",
    "IA": "Iowa",
    "KS": "Kansas",
    "KY": "Kentucky",
    "LA": "Louisiana",
    "ME": "Maine",
    "MD": "Maryland",
    "MA": "Massachusetts",
    "MI": "Michigan",
    "MN": "Minnesota",
    "MS": "Mississippi",
    "MO": "Missouri",
    "MT": "Montana",
    "NE": "Nebraska",
    "NV": "Nevada",
    "NH": "New Hampshire",
    "NJ": "New Jersey",
    "NM": "New Mexico",
    "NY": "New York",
    "NC": "North Carolina",
    "ND": "North Dakota",
    "OH": "Ohio",
    "OK": "Oklahoma",
    "OR": "Oregon",
    "PA": "Pennsylvania",
    "RI": "Rhode Island",
    "SC": "South Carolina",
    "SD": "South Dakota",
    "TN": "Tennessee",
    "TX": "Texas",
    "UT": "Utah",
    "VT": "Vermont",
    "VA": "Virginia",
    "WA": "Washington",
    "WV": "West Virginia",
    "WI": "Wisconsin",
    "WY": "Wyoming",
    # Territories, associated states and the forces abroad have zip codes as well.
    "AS": "American Samoa",
    "GU": "Guam",
    "MP": "Northern Mariana Islands",
    "PR": "Puerto Rico",
    "VI": "Virgin Islands",
    "FM": "Federated States of Micronesia",
    "MH": "Marshall Islands",
    "PW": "Palau",
    "AA": "Armed Forces Americas",
    "AE": "Armed Forces Europe",
    "AP": "Armed Forces Pacific",
}
# Other spellings that can mean one state only; the printers' and newspapers' abbreviations among them.
_ALSO = {
    "AL": "Ala",
    "AZ": "Ariz",
    "AR": "Ark",
    "CA": "Calif",
    "CO": "Colo",
    "CT": "Conn",
    "DE": "Del",
    "DC": "Washington DC/Wash DC/Dist of Columbia",
    "FL": "Fla",
    "IL": "Ill",
    "IN": "Ind",
    "KS": "Kan/Kans",
    "MA": "Mass",
    "MI": "Mich",
    "MN": "Minn",
    "MS": "Miss",
    "MT": "Mont",
    "NE": "Neb/Nebr",
    "NV": "Nev",
    "NM": "N Mex/New Mex",
    "ND": "N Dak/No Dakota",
    "NC": "No Carolina",
    "OK": "Okla",
    "OR": "Ore/Oreg",
    "PA": "Penn/Penna",
    "SC": "So Carolina",
    "SD": "S Dak/So Dakota",
    "TN": "Tenn",
    "TX": "Tex",
    "VI": "US Virgin Islands",
    "WA": "Wash/Washington State",
    "WI": "Wis/Wisc",
    "WV": "W Va",
    "WY": "Wyo",
}
_COMPASS = ("North ", "South ", "West ")
_IGNORED = str.maketrans("", "", " .,-'\u2019\t\n\r")
_LONGEST = 60
_AMERICA = ("us", "usa", "unitedstates", "unitedstatesofamerica", "america")


def state_code(text: object) -> str | None:
    """Return the two-letter code of the state that `text` is the code, name or usual abbreviation of, whatever its case, spaces
    and periods; None for anything else: other countries' provinces, and what could be two states."""
    return _CODES.get(_plain(text))


def is_american(country: object) -> bool:
    """Whether an address with this country has a state of ours: nothing was said, or the United States."""
    plain = _plain(country)
    return not plain or plain in _AMERICA


def _plain(text: object) -> str:
    if not isinstance(text, str) or len(text) > _LONGEST:
        return "?" if text else ""
    return unicodedata.normalize("NFKC", text).translate(_IGNORED).casefold()


def _table() -> dict[str, str]:
    found: dict[str, str] = {}
    for code, name in _NAMES.items():
        spellings = [code, name, *_ALSO.get(code, "").split("/")]
        spellings += [name.replace(word, word[0]) for word in _COMPASS if name.startswith(word)]
        found |= {_plain(spelling): code for spelling in spellings if spelling}
    return found


_CODES = _table()
