"""The queue of leads that wait for an agent."""
