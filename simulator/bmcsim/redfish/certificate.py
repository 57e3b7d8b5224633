"""The certificate that a fleet shows, made anew at each start and signed by itself, as a BMC's out of the box."""

import ssl
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_VALID = timedelta(days=365)
_SLACK = timedelta(days=1)
_MOST_NAMES = 512


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key.

    Attributes:
        pem: The certificate, for clients that check it.
        key: Its key.
    """

    pem: bytes
    key: bytes = field(repr=False)

    @classmethod
    def make(cls, hosts: Iterable[str]) -> Self:
        """Make one for the IP addresses `hosts`; a fleet has too many for all to be named, then the first are."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bmcsim")])
        now = datetime.now(UTC)
        names = [x509.IPAddress(ip_address(host)) for host in sorted(set(hosts))[:_MOST_NAMES]]
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _SLACK)
            .not_valid_after(now + _VALID)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), *names]), critical=False)
            .sign(key, hashes.SHA256())
        )
        return cls(
            certificate.public_bytes(serialization.Encoding.PEM),
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )

    def context(self) -> ssl.SSLContext:
        """Return what a server speaks TLS with."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        # The standard library reads a key from files only.
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "bmcsim.pem")
            file.touch(mode=0o600)
            file.write_bytes(self.key + self.pem)
            context.load_cert_chain(file)
        return context
