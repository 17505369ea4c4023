"""What leads computes from a lead (core.documents.derived)."""

from collections.abc import Mapping
from typing import cast

from core.documents.derived import Derived
from services.leads.leads.documents import Contact
from services.leads.leads.keys import keys_of
from services.leads.leads.models import LEADS


def _keys(lead: Mapping[str, object]) -> Mapping[str, object]:
    contact = lead.get("contactInfo")
    return keys_of(cast(Contact, contact)) if isinstance(contact, Mapping) else {}


DERIVED = (Derived(LEADS, ("emailKey", "phoneKey"), _keys),)
