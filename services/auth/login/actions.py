"""The use case of logging in: the proofs of identity, in their order."""

from django.core import signing

from core.documents.transactions import transactional
from core.errors import NotFound, Unauthorized
from services.auth.audit.actions import Happening, Origin, note
from services.auth.directory.documents import PersonDocument
from services.auth.mfa.actions import demand_second_factor
from services.auth.passwords.actions import Proof, fingerprint, note_login, proven, still_proven
from services.auth.sessions.actions import Tokens, end_session, open_session

_LOGGED_IN = Happening("login_success", "User logged in", "login")
_SALT, _CHALLENGE_SECONDS = "second step of a login", 300


def log_in(email: str, password: str, code: str | None, origin: Origin) -> Tokens:
    """Return the tokens of a new session.

    code: of the authenticator or a backup code; needed once the password is right and the person has a second factor.
    Raises Unauthorized for wrong credentials, a locked or inactive account, a missing or wrong code; TooManyRequests
    for a noisy address.
    """
    return _completed(proven(email, password, origin), code, origin)


def take_second_step(challenge: str, code: str | None, origin: Origin) -> Tokens:
    """Return the tokens of a new session for the `challengeId` with which `log_in` asked for a code, within five minutes.
    Raises Unauthorized."""
    try:
        user_id, hash_digest = signing.loads(challenge, salt=_SALT, max_age=_CHALLENGE_SECONDS)
    except signing.BadSignature:
        raise Unauthorized("Invalid credentials") from None
    return _completed(still_proven(user_id, hash_digest), code, origin)


def sign_out(user_id: str, session_id: str, origin: Origin) -> None:
    """End a session of a person; one that has ended is no fault."""
    try:
        end_session(user_id, session_id, origin)
    except NotFound:
        return


def _completed(proof: Proof, code: str | None, origin: Origin) -> Tokens:
    challenge = signing.dumps(fingerprint(proof), salt=_SALT)
    demand_second_factor(proof.person["_id"], code, origin, challenge=challenge)
    return open_login(proof.person, origin, method="password", hashed=proof.hashed)


@transactional("auth")
def open_login(person: PersonDocument, origin: Origin, *, method: str, hashed: str | None = None) -> Tokens:
    """Open a session for a user whose identity `method` proved, and note the login. `hashed`: of the password that proved
    it. Raises Unauthorized when that is no longer the user's password."""
    note_login(person["_id"], hashed)
    note(person["_id"], _LOGGED_IN, origin, method=method)
    return open_session(person, origin)
