"""What the worker does for scoring: recalculations."""

from core import runs
from services.leads.scoring.actions import recalculate_some
from services.leads.scoring.models import RUNS

recalculate = runs.in_worker(
    RUNS, "services.leads.scoring.recalculate", recalculate_some, resume="services.leads.scoring.resume"
)
