"""Buyers and the matching of leads with them."""
