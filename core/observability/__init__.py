"""What a process reports about itself: JSON logs, traces, metrics and the ids that tie them together."""
