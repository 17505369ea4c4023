"""All five services in one process: the way back and the smallest deployment."""
