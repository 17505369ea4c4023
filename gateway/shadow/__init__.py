"""Shadow comparison: what one system answered, beside what the other one would have."""
