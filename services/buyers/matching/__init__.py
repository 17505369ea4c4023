"""Buyers' copy of leads, and the matches between both."""
