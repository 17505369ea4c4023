"""The Helm charts, and what writes the parts of them that follow from code and tables."""
