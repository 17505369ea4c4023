"""Tenants: the companies that use the CRM."""
