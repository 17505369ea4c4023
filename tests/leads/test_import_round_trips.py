"""Out by an export or a report, and in again: the same leads."""

from typing import Any

from bson import ObjectId
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from core.documents.driver import database as mongo
from core.documents.scope import TenantScope
from services.leads.leads.actions import create_lead
from services.leads.transfer import actions, queries
from services.leads.transfer.columns import ADDRESS, COLUMNS
from services.leads.transfer.parts import Options
from services.leads.transfer.writing import lead_lines
from tests.conftest import Api, Caller
from tests.leads.test_import_accounts import HEADER, SLOW, written
from tests.leads.test_transfer import PATH, exported, imported, leads

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).map(str.strip).filter(bool)
formulas = st.sampled_from(["=1+1", "'=1+1", "''@home", "- wants cash", "+1", "'quoted", "a, b; c", "@x"])


@settings(max_examples=8, deadline=None, suppress_health_check=SLOW, phases=[Phase.generate])
@given(
    st.lists(
        st.tuples(texts | formulas, texts | formulas, st.lists(texts | formulas), st.floats(0, 1e9), st.floats(0, 100)),
        min_size=1,
        max_size=3,
    )
)
def test_an_export_comes_back_as_it_was(database: None, people: list[tuple[Any, ...]]) -> None:
    here, there = (TenantScope.of_tenant(str(ObjectId()), str(ObjectId())) for _ in range(2))
    for number, (name, note, tags, value, score) in enumerate(people):
        address = {"street": note[:200], "city": "Austin", "state": "TX", "zipCode": "78701"}
        contact = {
            "firstName": name,
            "lastName": "B",
            "email": f"a{number}@b.cc",
            "phone": f"+1512555010{number}",
            "address": address,
        }
        fields = {
            "notes": note,
            "tags": tags,
            "closeValue": value,
            "score": score,
            "customFields": {"company": name, "Roof": note},
        }
        choices = {"status": "contacted", "source": "website", "priority": "urgent", "assignedTo": here.actor_id}
        create_lead(here, {"contactInfo": contact | {"alternatePhone": "+15125550199"}, **fields, **choices})
    names = [
        *(name for name in COLUMNS if not name.endswith("At")),
        "alternatePhone",
        *ADDRESS,
        "tags",
        "notes",
        "Roof",
    ]
    content = "".join(lead_lines(names, queries.exported_leads(here, {}))).encode()
    options = Options()
    run = actions.go_on(there, actions.start_import(there, "x.csv", content, {}, options, background=False))
    assert (run["imported"], run["failed"], run["warned"]) == (len(people), 0, 0)
    kept = ("contactInfo", "notes", "tags", "closeValue", "score", "customFields", "status", "source", "priority")
    before, after = ([{name: lead[name] for name in kept} for lead in of(scope)] for scope in (here, there))
    for lead in after:
        lead["contactInfo"].pop("preferredContactMethod")
    assert after == before


def of(scope: TenantScope) -> list[dict[str, Any]]:
    return list(
        mongo("leads")["leads"]
        .find({"tenantId": {"$in": [scope.tenant_id, ObjectId(scope.tenant_id)]}})
        .sort("contactInfo.email", 1)
    )


def test_an_apostrophe_does_not_grow(api: Api, manager: Caller) -> None:
    content = f"{HEADER},Notes,Company,=cmd\nAda,Byron,f1@example.com,5125550101,- wants cash offer,@home,'=1\n"
    imported(api, manager, content)
    for _ in range(2):
        rows = exported(api, manager, "?fields=firstName,lastName,email,phone,notes,company,=cmd")
        assert rows[1][3:] == ["'+15125550101", "'- wants cash offer", "'@home", "'=1"]
        imported(api, manager, written(rows), updateExisting="true")
    (lead,) = leads()
    assert (lead["notes"], lead["customFields"]) == ("- wants cash offer", {"company": "@home", "=cmd": "=1"})


def test_an_export_reads_both_forms_of_filters_and_refuses_what_it_does_not_know(api: Api, manager: Caller) -> None:
    imported(
        api, manager, f"{HEADER},Status,Tags\nA,B,e1@b.cc,5125550101,new,x\nC,D,e2@b.cc,5125550102,contacted,hot\n"
    )
    for query in (
        'filters={"status":"contacted"}',
        "filters[status]=contacted",
        "filters[tags][]=hot",
        "filters[tags]=hot&format=csv",
    ):
        assert exported(api, manager, f"?fields=email&{query}")[1:] == [["e2@b.cc"]], query
    bad = (
        "filter[status]=new",
        "status=new",
        "filters[tenantId]=x",
        "filters[status][$ne]=new",
        "filters[]=x",
        "filters[status]=",
        "filters[tags]=,",
        "filters=",
        'filters={"status":""}',
        'filters={"status":null}',
        'filters={"tags":[" "]}',
    )
    for query in (*bad, 'filters={"nope":1}'):
        answer = api.get(f"{PATH}/export?{query}", as_=manager)
        assert answer.status_code == 400, query
        assert isinstance(answer.json()["message"], list)
    message = api.get(f"{PATH}/export?status=new&limit=1", as_=manager).json()["message"]
    assert message == ["property status should not exist", "property limit should not exist"]


def test_the_template_can_be_filled_in(api: Api, agent: Caller, manager: Caller) -> None:
    template = api.get(f"{PATH}/template", as_=agent)
    assert template["Content-Disposition"] == 'attachment; filename="leads_import_template.csv"'
    content = template.content.decode() + "\nAda,L,ada@example.com,5125551000,,,,,,,,,"
    assert imported(api, manager, content)["importedRecords"] == 1
