"""What buyers computes from a buyer (core.documents.derived)."""

from collections.abc import Mapping

from core.documents.derived import Derived
from services.buyers.buyers.models import BUYERS
from services.buyers.buyers.rules import email_key


def _key(buyer: Mapping[str, object]) -> Mapping[str, object]:
    email = buyer.get("email")
    key = email_key(email) if isinstance(email, str) else None
    return {"emailKey": key} if key else {}


DERIVED = (Derived(BUYERS, ("emailKey",), _key),)
