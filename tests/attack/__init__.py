"""Attacks on a platform of its own while innocent people work: how many of their requests fail? The answer must be: none."""
