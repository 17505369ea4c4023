"""Routes of health. Only `/api/health` is behind the gateway; it answers `/health` itself."""

from core.api.routing import route
from core.health import views

urlpatterns = [
    route("health", views.health),
    route("health/live", views.live),
    route("health/ready", views.ready),
    route("health/checks", views.Checks.as_view()),
    route("api/health", views.health),
    route("api/health/live", views.live),
    route("api/health/ready", views.ready),
]
