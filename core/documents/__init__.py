"""MongoDB documents: tenant scope, tenant-scoped collections, transactions, document models and indexes."""
