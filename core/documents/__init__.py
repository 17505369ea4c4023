"""MongoDB documents: tenant scope, collections, transactions, document models and indexes."""
