"""Leads: the records that everything else follows."""
