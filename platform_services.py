"""The services of the platform, for all that must know their names: core, the gateway, the runner, the charts, the tests."""

SERVICES = ("auth", "users", "leads", "buyers", "analytics")
