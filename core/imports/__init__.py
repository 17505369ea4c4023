"""Files of leads, buyers or anything else: what their columns mean, and where each filled cell goes. Pure."""
