"""The import's pure parts: numbers, names, guards, mappings."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.imports import numbers
from core.imports.columns import MOST_NAMED, Unclear, mapping_of, plan_of
from core.imports.guards import guarded, unguarded
from core.imports.names import first_and_last
from core.imports.numbers import Style
from core.imports.subjects import Refused
from services.leads.transfer.columns import SUBJECT

HOSTILE = [
    "",
    ".",
    ",",
    "-",
    "()",
    "." * 10_000,
    "1" * 10_000,
    "1," * 5_000,
    "$" * 10_000,
    "k",
    "1e400",
    "nan",
    "inf",
    "1e999",
    "٣",
]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("185000,50", 185_000.5),
        ("185000.50", 185_000.5),
        ("1.250,50", 1_250.5),
        ("1,250.50", 1_250.5),
        ("1.250.000", 1_250_000),
        ("1,250,000", 1_250_000),
        ("$1,250", 1_250),
        ("1 250 000", 1_250_000),
        ("1'250'000", 1_250_000),
        ("(500)", -500),
        ("($1,250.50)", -1_250.5),
        ("1.2k", 1_200),
        ("250K", 250_000),
        ("$1.5M", 1_500_000),
        ("5e3", 5_000),
        ("0.125", 0.125),
        (".5", 0.5),
        ("99,5", 99.5),
        ("USD 7", 7),
    ],
)
def test_numbers_that_mean_one_thing(text: str, value: float) -> None:
    for style in Style:
        if numbers.proof(text) or style == Style.DOT or "," not in text:
            assert numbers.number(text, style) == value


def test_three_digits_after_the_decimal_sign_are_refused() -> None:
    assert numbers.number("250.000", Style.COMMA) == numbers.number("250,000", Style.DOT) == 250_000
    for text, style in (
        ("250.000", Style.DOT),
        ("250,000", Style.COMMA),
        ("250,000", Style.MIXED),
        ("250.000", Style.MIXED),
    ):
        with pytest.raises(Refused, match="it could be 250 or 250000"):
            numbers.number(text, style)


def test_what_a_column_proves() -> None:
    def style(*cells: str, comma: bool = False) -> Style:
        return numbers.style_of(map(numbers.proof, cells), comma=comma)

    assert style("250.000", "text", "") == Style.DOT
    assert style("250.000", comma=True) == Style.COMMA
    assert style("250.000", "185000,50") == Style.COMMA
    assert style("250,000", "99.5", comma=True) == Style.DOT
    assert style("1.250.000", "1,5k") == Style.COMMA
    assert style("1,5", "1.5") == Style.MIXED


@pytest.mark.parametrize("text", [*HOSTILE, "a lot", "200-250k", "1,2,3", "12,34,567", "1.2.3", "80%", "--1"])
def test_no_number(text: str) -> None:
    for style in Style:
        with pytest.raises(Refused):
            numbers.number(text, style)


@given(st.floats(min_value=0, max_value=2**53, allow_nan=False) | st.integers(0, 2**53))
def test_a_written_number_is_read_as_the_same(value: float) -> None:
    assert math.isclose(numbers.number(numbers.shown(value), Style.DOT), value, rel_tol=1e-15)


@given(st.text(alphabet="'=+-@\t\r ax", max_size=8))
def test_a_guard_does_not_grow(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in ("=", "+", "-", "@", "\t", "\r")


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Ada Byron", "Ada", "Byron"),
        ("Niklaus Emil Wirth", "Niklaus", "Emil Wirth"),
        ("Byron, Ada", "Ada", "Byron"),
        ("Byron, Ada M", "Ada M", "Byron"),
        ("de la Cruz, Juan", "Juan", "de la Cruz"),
        ("Dr. Ada Byron", "Dr. Ada", "Byron"),
        ("John Smith, Jr.", "John", "Smith, Jr."),
        ("Smith Jr, John", "John", "Smith Jr"),
        ("Smith, John, III", "John", "Smith, III"),
        ("Smith, Jr., John", "John", "Smith, Jr."),
        ("Acme Homes, LLC", "Acme", "Homes, LLC"),
        ("Austin Homes, Inc.", "Austin", "Homes, Inc."),
        ("Smith, John, Mary, Bo", "Smith,", "John, Mary, Bo"),
        ("Cher", "Cher", ""),
        (",", ",", ""),
    ],
)
def test_whole_names(text: str, first: str, last: str) -> None:
    assert first_and_last(text) == (first, last)


@given(st.text(max_size=60).filter(str.strip))
def test_no_letter_of_a_name_is_lost(text: str) -> None:
    kept = "".join(first_and_last(text)).replace(",", "")
    assert sorted("".join(kept.split())) == sorted("".join(text.replace(",", "").split()))


# -- columns -----------------------------------------------------------------------------------------------------------
EXPORTS = {
    "PropStream": (
        "Address,Unit #,City,State,Zip,County,APN,Owner 1 First Name,Owner 1 Last Name,Owner 2 First Name,Mailing Address,"
        "Mailing City,Mailing State,Mailing Zip,Est. Value,Email,Phone 1,Phone 2",
        "street,,city,state,zipCode,,,firstName,lastName,,,,,,value,email,phone,alternatePhone",
    ),
    "DealMachine": (
        "lead_id,property_address_line_1,property_address_city,property_address_state,property_address_zipcode,owner_1_firstname,"
        "owner_1_lastname,contact_1_phone1,contact_1_phone2,contact_1_email1,contact_1_email2,estimated_value,lead_status",
        ",street,city,state,zipCode,firstName,lastName,phone,alternatePhone,email,,value,status",
    ),
    "BatchLeads": (
        "First Name,Last Name,Property Address,Property City,Property State,Property Zip,Mailing Address,Mailing City,"
        "Mailing State,Mailing Zip,Phone 1,Phone 2,Email,Lead Tags,Estimated Value",
        "firstName,lastName,street,city,state,zipCode,,,,,phone,alternatePhone,email,tags,value",
    ),
    "REsimpli": (
        "Owner First Name,Owner Last Name,Property Street Address,Property City,Property State,Property Zip Code,"
        "Mailing Street Address,Phone Number,Email Address,Lead Source",
        "firstName,lastName,street,city,state,zipCode,,phone,email,source",
    ),
    "Podio": (
        "Seller Name,Seller Phone,Seller Email,Property Address,City,State,Zip,Lead Source,Notes",
        "name,phone,email,street,city,state,zipCode,source,notes",
    ),
    "Follow Up Boss": (
        "First Name,Last Name,Stage,Lead Source,Email 1,Email 1 - Type,Phone 1,Phone 1 - Type,Phone 2,Address 1 - Street,"
        "Address 1 - City,Address 1 - State,Address 1 - Zip,Tags,Background",
        "firstName,lastName,,source,email,,phone,,alternatePhone,street,city,state,zipCode,tags,",
    ),
    "Facebook": (
        "id,created_time,ad_name,platform,full_name,phone_number,email,street_address,city,state,zip_code",
        ",,,,name,phone,email,street,city,state,zipCode",
    ),
    "Google": (
        "Lead ID,Campaign ID,Full Name,User Email,User Phone,City,Postal Code,Company Name,Job title",
        ",,name,email,phone,city,zipCode,company,title",
    ),
}


@pytest.mark.parametrize("system", EXPORTS)
def test_columns_that_people_have(system: str) -> None:
    header, fields = EXPORTS[system]
    plan = plan_of(SUBJECT, header.split(","), {})
    assert [column.field for column in plan.columns] == fields.split(",")
    assert plan.faults == []


def test_one_address_is_not_made_of_two() -> None:
    def fields(header: str) -> list[str]:
        return [column.field for column in plan_of(SUBJECT, header.split(","), {}).columns]

    assert fields("Mailing Address,Mailing City,Mailing State,Mailing Zip") == ["street", "city", "state", "zipCode"]
    assert fields("Property Address,Mailing City,Mailing State,Mailing Zip,Mailing Address")[0] == ""
    assert fields("Mailing Address,Property Address,City,State,Zip") == ["", "street", "city", "state", "zipCode"]


def test_every_column_has_a_name_of_its_own() -> None:
    long = "x" * 100
    header = [
        "a.b",
        "a$b",
        "a_b",
        "Tag",
        "Tag",
        "",
        "",
        "Column 6",
        f"{long}1",
        f"{long}2",
        "\x00",
        "notes",
        "Notes",
        "'=cmd",
    ]
    plan = plan_of(SUBJECT, header, {})
    names = [column.custom for column in plan.columns]
    assert len(set(names)) == len(names)
    assert names[:5] == ["a_b", "a_b (2)", "a_b (3)", "Tag", "Tag (2)"]
    assert max(map(len, names)) == 100
    assert names[-1] == "=cmd"


@pytest.mark.parametrize(
    ("header", "mapping"),
    [
        (
            "Owner First,Owner Last,Email,Phone 1",
            {"Owner First": "firstName", "Owner Last": "lastName", "Email": "email", "Phone 1": "phone"},
        ),
        (
            "Vorname,Nachname,Email,Tel",
            {"firstName": "Vorname", "lastName": "Nachname", "email": "Email", "phone": "Tel"},
        ),
        (
            "Vorname,Nachname,Email,City",
            {"Vorname": "First Name", "Nachname": "lastName", "Email": "email", "City": "phone"},
        ),
        ("Email,Phone,A,B", {"Email": "Phone", "Phone": "Email", "A": "firstName", "B": "lastName"}),
        (
            "a,b,c,d",
            {
                "contactInfo.firstName": "a",
                "contactInfo.lastName": "b",
                "contactInfo.email": "c",
                "contactInfo.phone": "d",
            },
        ),
    ],
)
def test_mappings_in_both_directions(header: str, mapping: dict[str, str]) -> None:
    plan = plan_of(SUBJECT, header.split(","), mapping)
    assert plan.faults == plan.warnings == []
    assert {column.field for column in plan.columns} == {"firstName", "lastName", "email", "phone"}


def test_a_mapping_says_what_it_cannot_do() -> None:
    with pytest.raises(Unclear, match="both directions"):
        plan_of(SUBJECT, ["City", "State"], {"City": "State"})
    with pytest.raises(Unclear, match="the column Name twice"):
        plan_of(SUBJECT, ["Name"], {"firstName": "Name", "lastName": "Name"})
    plan = plan_of(SUBJECT, ["a", "b", "c"], {"firstName": "a", "roof": "b", "email": "missing"})
    assert plan.warnings == [
        "The field mapping's 'roof' is no field: kept in the custom fields",
        "The file has no column 'missing', which the field mapping names",
        "Columns that the field mapping does not name are not taken: 3 'c'",
    ]
    assert [(column.field, column.custom, bool(column.reason)) for column in plan.columns] == [
        ("firstName", "firstName (2)", False),
        ("", "roof", False),
        ("", "c", True),
    ]
    custom = plan_of(SUBJECT, ["a", "b"], {"customFields.roof": "a", "createdAt": "b"})
    assert custom.warnings == []
    assert [(column.custom, column.reason) for column in custom.columns] == [
        ("roof", ""),
        ("createdAt", SUBJECT.untaken["createdat"]),
    ]
    wide = plan_of(SUBJECT, [f"c{number}" for number in range(500)], {"firstName": "c1"})
    assert wide.warnings[0].endswith(f"and {499 - MOST_NAMED} more")


def test_empty_members_of_a_mapping_mean_nothing() -> None:
    assert mapping_of({"firstName": "a", "company": "", " ": "b"}) == {"firstName": "a"}
    for sent in ([1], {"a": 1}, "x"):
        with pytest.raises(ValueError, match="object of texts"):
            mapping_of(sent)
