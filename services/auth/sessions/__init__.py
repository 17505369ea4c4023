"""Sessions: created at login, ended at logout."""
