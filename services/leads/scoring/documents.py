"""What leads stores of scoring."""

from bson import ObjectId

from core.documents.shapes import Owned, Reference, RunDocument


class ConfigurationDocument(Owned, total=False):
    """How a tenant weighs its leads."""

    configuration: dict[str, object]
    updatedBy: Reference | None


class ScoringRunDocument(RunDocument, total=False):
    """A recalculation of all scores of a tenant; `cursor` is the last lead that was scored."""

    jobId: str
    total: int
    processed: int
    failed: int
    milliseconds: float
    startedBy: str | None
    configuration: dict[str, object]
    cursor: ObjectId | None
