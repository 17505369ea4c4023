"""The services. Each folder is one Django project that starts alone; none imports another."""
