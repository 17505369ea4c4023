"""How much a request costs, as a multiple of what the raw driver needs for the same reads and writes."""
