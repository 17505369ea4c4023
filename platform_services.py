"""The services of the platform, for all that must know their names: core, the gateway, the runner, the charts, the tests."""

SERVICES = ("auth", "users", "leads", "buyers", "analytics")
# Those with collections that the old system writes as well (core/bridge).
BRIDGED = ("users", "leads", "buyers")
