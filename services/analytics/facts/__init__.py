"""Leads, buyers and people as facts, fed by events."""
