"""What happened around accounts, append-only."""
