"""Migrations of a Django app with ObjectId keys."""
