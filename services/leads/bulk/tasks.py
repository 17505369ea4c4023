"""What the worker does for bulk operations: it ends what a request began and could not finish."""

from core import runs
from services.leads.bulk.actions import step
from services.leads.bulk.models import OPERATIONS

go_on = runs.in_worker(OPERATIONS, "services.leads.bulk.go_on", step, resume="services.leads.bulk.resume")
