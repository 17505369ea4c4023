"""What leads stores of people."""

from core.documents.shapes import Copied


class PersonDocument(Copied, total=False):
    """A copy of a user to whom leads can be assigned."""

    name: str
    email: str
    status: str
    roles: list[str]
