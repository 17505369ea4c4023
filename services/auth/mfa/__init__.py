"""The second factor: one-time codes and backup codes."""
