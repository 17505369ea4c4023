"""Leads from files, and into them."""
