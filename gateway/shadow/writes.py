"""Judges a write: what the service would have stored and emitted, beside what the old system stored."""

from gateway.shadow.exchange import Exchange, Judgement


def judge(exchange: Exchange) -> Judgement:
    """Return what comparing a write found. Called in a thread of its own; may take seconds."""
    return Judgement("unjudged", reason="no dry run")
