"""Whom leads knows in all of its tests."""

import pytest

from core.documents.driver import database as mongo
from tests.conftest import TENANT
from tests.leads.test_leads import AGENT, OTHER


@pytest.fixture(autouse=True)
def owners_known(request: pytest.FixtureRequest) -> None:
    """Two members of the tenant to whom leads can be given; the queue gives them none."""
    if "database" in request.fixturenames:
        request.getfixturevalue("database")
        known = {"tenantId": TENANT, "status": "active", "roles": [], "version": 0}
        owners = [{"_id": owner, "name": f"Owner {owner[-2:]}", **known} for owner in (AGENT, OTHER)]
        mongo("leads")["leadsdirectory"].insert_many(owners)
