"""What leads stores of people."""

from core.documents.shapes import Copied


class PersonDocument(Copied, total=False):
    """A copy of somebody to whom leads can be given."""

    name: str
    email: str
    status: str
    roles: list[str]
