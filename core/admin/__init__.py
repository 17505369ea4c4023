"""One look and one sign-in for every service's admin."""
