"""stub"""
def public_keys() -> dict: return {"keys": []}
