"""What auth stores of signing keys."""

from datetime import datetime

from core.documents.shapes import Stamped


class SigningKeyDocument(Stamped, total=False):
    """A key pair under its key id: the public half as a JWK, the private one encrypted."""

    _id: str
    public: dict[str, str]
    private: bytes
    signsFrom: datetime
    retiredAt: datetime | None
