"""django-mongodb-backend with corrections of the faults that we measured (docs/decisions/0008)."""
