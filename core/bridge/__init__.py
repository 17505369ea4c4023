"""The bridge: what the old system writes past us becomes a revision and an event (docs/decisions/0021-bridge.md)."""
