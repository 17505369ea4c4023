"""Django app services.users.roles: role documents, who has them, and what they let people do."""
