"""Auth's copy of the people that users owns, fed by events."""
