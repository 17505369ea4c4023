"""The use case of logging in: what proves who somebody is, in its order."""

from core.documents.database import Document
from core.documents.transactions import transactional
from services.auth.audit.actions import Happening, Origin, note
from services.auth.mfa.actions import demand_second_factor
from services.auth.passwords.actions import note_login, proven
from services.auth.sessions.actions import Tokens, open_session

_LOGGED_IN = Happening("login_success", "User logged in", "login")


def log_in(email: str, password: str, code: str | None, origin: Origin) -> Tokens:
    """Return the tokens of a new session.

    code: of the authenticator or a backup code; needed once the password is right and the person has a second factor.
    Raises Unauthorized for wrong credentials, a locked or inactive account, a missing or wrong code; TooManyRequests
    for a noisy address.
    """
    person = proven(email, password, origin)
    demand_second_factor(person["_id"], code, origin)
    return open_login(person, origin, method="password")


@transactional("auth")
def open_login(person: Document, origin: Origin, *, method: str) -> Tokens:
    """Open a session for somebody who is proven by `method`, and note the login."""
    note_login(person["_id"])
    note(person["_id"], _LOGGED_IN, origin, method=method)
    return open_session(person, origin)
