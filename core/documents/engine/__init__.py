"""django-mongodb-backend with the faults mended that we measured (docs/decisions)."""
