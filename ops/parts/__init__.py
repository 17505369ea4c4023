"""The embedded parts that a platform on one machine stands on: MongoDB, a Redis-protocol server, Envoy."""
