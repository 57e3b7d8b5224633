"""Cipher suites as data (IPMI 2.0, tables 22-20, 13-17, 13-18 and 13-19).

Suite 0 proves and hides nothing; it is here for the simulator and for tests, no client of ours asks for
it.  Suite 8 rests on MD5, suite 3 on SHA-1; 17 is what a BMC of today should be asked for first.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class CipherSuite:
    """One cipher suite.

    Attributes:
        number: Its id (table 22-20).
        authentication: Number of the authentication algorithm of RAKP (table 13-17).
        integrity: Number of the integrity algorithm of packets (table 13-18).
        confidentiality: Number of the confidentiality algorithm (table 13-19); 1 is AES-CBC-128.
        digest: The hash below HMAC, as `hashlib` names it; None where nothing is authenticated.
        code_length: Bytes of the authentication codes of RAKP messages 2 and 3: the whole HMAC.
        check_length: Bytes of the integrity check value of RAKP message 4.
        trailer_length: Bytes of the authentication code that ends a packet.
        pretended: Nothing is hidden and a checksum stands in for every hash, in datagrams of the same shape: for
            simulations, where cryptography is most of the time.  Never on a network.
    """

    number: int
    authentication: int
    integrity: int
    confidentiality: int
    digest: str | None
    code_length: int
    check_length: int
    trailer_length: int
    pretended: bool = False

    @property
    def algorithms(self) -> tuple[int, int, int]:
        """Authentication, integrity and confidentiality, as Open Session names a suite."""
        return self.authentication, self.integrity, self.confidentiality

    @property
    def encrypts(self) -> bool:
        """Whether payloads are enciphered."""
        return self.confidentiality != 0


SUITE_0 = CipherSuite(0, 0, 0, 0, None, 0, 0, 0)
SUITE_3 = CipherSuite(3, 1, 1, 1, "sha1", 20, 12, 12)
SUITE_8 = CipherSuite(8, 2, 2, 1, "md5", 16, 16, 16)
SUITE_17 = CipherSuite(17, 3, 4, 1, "sha256", 32, 16, 16)

SUITES = {suite.number: suite for suite in (SUITE_0, SUITE_3, SUITE_8, SUITE_17)}
"""By number."""

PRETENDED = {number: replace(suite, pretended=True) for number, suite in SUITES.items()}
"""By number, for two ends that both pretend."""

SUITE_BY_ALGORITHMS = {suite.algorithms: suite for suite in SUITES.values()}
"""By (authentication, integrity, confidentiality)."""
