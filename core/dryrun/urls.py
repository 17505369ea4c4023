"""The route of dry runs."""

from core.api.routing import route
from core.dryrun.views import DryRun

urlpatterns = [route("internal/dry-run", DryRun)]
