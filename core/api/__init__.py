"""The wire: contract errors and messages, base view, pagination, rendering, routing, API description."""
