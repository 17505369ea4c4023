"""People, roles and tenants."""
