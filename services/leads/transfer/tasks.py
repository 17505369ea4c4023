"""What the worker does for imports: those that run in the background, and those whose process is gone."""

from core import runs
from services.leads.transfer.actions import retreat, step
from services.leads.transfer.models import IMPORTS

go_on = runs.in_worker(IMPORTS, "services.leads.transfer.go_on", step, retreat, resume="services.leads.transfer.resume")
