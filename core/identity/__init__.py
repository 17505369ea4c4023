"""Who is calling: tokens, key sets, principals, roles, permissions, access changes and the tenant of a request."""
