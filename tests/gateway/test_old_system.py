"""The old system behind the gateway: what nobody owns goes there, and it must prove that it is itself."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.gateway.test_envoy import Gateway, Stub


def test_everything_else_goes_to_the_old_system_when_there_is_one(tmp_path: Path) -> None:
    old = Stub("old")
    front = Gateway(tmp_path, legacy=f"http://127.0.0.1:{old.address[1]}")
    try:
        assert front.client.get("/api/time-tracking/stats").headers["x-leadmesh-instance"] == "old"
        assert front.client.get("/api/leads").headers["x-leadmesh-instance"] == "leads"
    finally:
        front.part.stop(2)


@pytest.mark.parametrize(
    ("name", "known", "status"),
    [("localhost", True, 200), ("elsewhere.test", True, 503), ("localhost", False, 503)],
    ids=["itself", "another name", "nobody vouches"],
)
def test_the_old_system_must_prove_that_it_is_itself(tmp_path: Path, name: str, known: bool, status: int) -> None:
    old, certificate = Stub("old"), certificate_for(name, tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    old.server.socket = context.wrap_socket(old.server.socket, server_side=True)
    trust = {"authorities": str(certificate)} if known else {}
    front = Gateway(tmp_path, legacy=f"https://localhost:{old.address[1]}", **trust)
    try:
        assert front.client.get("/api/time-tracking/stats").status_code == status
        assert old.requests == (1 if status == 200 else 0)
    finally:
        front.part.stop(2)
    # The access log says why; it is written at the latest when Envoy stops.
    log = (tmp_path / "envoy.log").read_text(encoding="utf-8")
    assert ("CERTIFICATE_VERIFY_FAILED" in log) == (status == 503)


def certificate_for(name: str, folder: Path) -> Path:
    """A file with a key and a certificate that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    moment = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(moment - timedelta(days=1)).not_valid_after(moment + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / f"{name}.pem"
    path.write_bytes(secret + builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    return path
