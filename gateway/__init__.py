"""The gateway: one route table and its renderings."""
