"""URLs of the service leads."""

from core.api.urls import handler400, handler404, handler500, service_urls
from services.leads.assignment.urls import PATTERNS as ASSIGNMENT
from services.leads.bulk.urls import PATTERNS as BULK
from services.leads.communication.urls import PATTERNS as COMMUNICATION
from services.leads.leads.urls import PATTERNS as LEADS
from services.leads.queueing.urls import PATTERNS as QUEUE
from services.leads.scoring.urls import PATTERNS as SCORING
from services.leads.transfer.urls import PATTERNS as TRANSFER

__all__ = ["PATTERNS", "handler400", "handler404", "handler500", "urlpatterns"]

PATTERNS = [*BULK, *COMMUNICATION, *LEADS, *ASSIGNMENT, *QUEUE, *SCORING, *TRANSFER]

urlpatterns = service_urls("leads", PATTERNS)
