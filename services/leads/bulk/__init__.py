"""The same operation on many leads, with progress, history and undo."""
