"""What auth stores of signing keys and of the kind of tokens."""

from datetime import datetime

from bson import ObjectId

from core.documents.shapes import Stamped


class SigningKeyDocument(Stamped, total=False):
    """A key pair under its key id: the public half as a JWK, the private one encrypted."""

    _id: str
    public: dict[str, str]
    private: bytes
    signsFrom: datetime
    retiredAt: datetime | None


class IssuerDocument(Stamped, total=False):
    """A change of the kind of tokens that auth signs; the newest one counts."""

    _id: ObjectId
    kind: str
    reason: str
    author: str
