"""Signing keys, access tokens, refresh tokens, JWKS."""
