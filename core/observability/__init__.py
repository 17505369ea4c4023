"""What a process tells about itself: JSON logs, traces, metrics and the ids that tie them together."""
