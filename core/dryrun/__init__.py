"""What a write would store and tell, found out in a transaction that is always aborted."""
