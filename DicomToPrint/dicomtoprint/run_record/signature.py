"""Signatures with the user's own key, SSH or X.509, by the package cryptography; no key is made, kept or sent here."""

import base64
import datetime
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ..errors import InputError, MissingDependencyError
from ..messages import _

CONTEXT = b"dicom-to-print/sign-off/1\n"  # before what is signed, so that the signature counts for nothing else
LEAST_RSA_BITS = 2048
MOST_BYTES = 1_000_000
SSH_KINDS = ("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")
PEM_CERTIFICATE = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True)
class SignatureState:
    """A signature of the log: `kind` (ssh or x509), `fingerprint` of key or certificate as OpenSSH and OpenSSL print it, `subject` of the
    certificate. `is_trusted` is None where no trusted keys were given."""

    kind: str
    fingerprint: str
    subject: str = ""
    is_trusted: bool | None = None

    @property
    def in_words(self) -> str:
        """``signed with the key SHA256:... (trusted)``."""
        what = {"ssh": _("the key"), "x509": _("the certificate of {subject}", subject=self.subject)}[self.kind]
        told = {True: _(" (trusted)"), False: _(" (NOT among the trusted keys)"), None: ""}[self.is_trusted]
        return _("signed with {what} {fingerprint}{told}", what=what, fingerprint=self.fingerprint, told=told)

    def as_json(self) -> dict[str, Any]:
        """The state as plain JSON."""
        return {
            "kind": self.kind,
            "fingerprint": self.fingerprint,
            "subject": self.subject,
            "trusted": self.is_trusted,
        }


@dataclass(frozen=True)
class TrustedKeys:
    """Keys (OpenSSH, without comments) and certificates that a user trusts."""

    keys: tuple[str, ...]
    certificates: tuple[Any, ...]


@dataclass(frozen=True)
class SigningKey:
    """A private key with what is written into the log of it: its public key, or its certificate."""

    private: Any
    kind: str
    public: str


def _crypto() -> Any:
    """The modules of the package cryptography by name. Raises `MissingDependencyError` with the way out."""
    try:
        from cryptography import exceptions, x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
    except ImportError:
        raise MissingDependencyError(
            _(
                "Signatures with a key need the package cryptography: install it with 'python -m pip install "
                "cryptography'."
            )
        ) from None
    return SimpleNamespace(
        exceptions=exceptions,
        x509=x509,
        hashes=hashes,
        serialization=serialization,
        ec=ec,
        ed25519=ed25519,
        padding=padding,
        rsa=rsa,
    )


def load_signing_key(
    path: Path, certificate: Path | None = None, passphrase: Callable[[], str] | None = None
) -> SigningKey:
    """A private key in OpenSSH or PEM form, Ed25519, ECDSA or RSA, with its certificate where one is given.

    `passphrase` is asked where the key is locked. Raises `InputError` for what is no such key, and for a certificate of another key or one
    that does not hold today; `MissingDependencyError` without the package cryptography.
    """
    serialization = _crypto().serialization
    data = _read(path, _("private key"))
    load = serialization.load_ssh_private_key if b"OPENSSH PRIVATE KEY" in data else serialization.load_pem_private_key
    private = _unlocked(load, data, path.name, passphrase)
    _kind_of_key(private.public_key(), path.name)
    if certificate is None:
        return SigningKey(private, "ssh", _ssh_line(private.public_key()))
    text = _read(certificate, "certificate")
    try:
        found = _crypto().x509.load_pem_x509_certificate(text)
        own = _ssh_line(found.public_key())
    except (ValueError, TypeError):
        raise InputError(
            _("{certificate} is no certificate in PEM form: export it as PEM.", certificate=certificate.name)
        ) from None
    if own != _ssh_line(private.public_key()):
        raise InputError(
            _(
                "{certificate} is the certificate of another key than {path}: give the two of one pair.",
                certificate=certificate.name,
                path=path.name,
            )
        )
    if not _holds_at(found, datetime.datetime.now(datetime.timezone.utc)):
        raise InputError(
            _(
                "{certificate} does not hold today: it ends on {not_valid_after_utc:%Y-%m-%d}.",
                certificate=certificate.name,
                not_valid_after_utc=found.not_valid_after_utc,
            )
        )
    return SigningKey(private, "x509", found.public_bytes(serialization.Encoding.PEM).decode("ascii"))


def _unlocked(load: Any, data: bytes, name: str, passphrase: Callable[[], str] | None) -> Any:
    """The private key of a file's bytes."""
    none = _(
        "{name} is no private key that can be used: give one in OpenSSH or PEM form, Ed25519, ECDSA or RSA.", name=name
    )
    try:
        return load(data, password=None)
    except TypeError:  # it is locked
        if passphrase is None:
            raise InputError(
                _("{name} is locked by a passphrase, which is asked for on a terminal: run this there.", name=name)
            ) from None
    except (ValueError, _crypto().exceptions.UnsupportedAlgorithm):
        raise InputError(none) from None
    try:
        return load(data, password=passphrase().encode("utf-8"))
    except ValueError:
        raise InputError(_("{name} does not open with this passphrase: try again.", name=name)) from None
    except _crypto().exceptions.UnsupportedAlgorithm:
        raise MissingDependencyError(
            _("A locked key of OpenSSH needs the package bcrypt: install it with 'python -m pip install bcrypt'.")
        ) from None


def sign(data: bytes, key: SigningKey) -> dict[str, str]:
    """``{"kind", "key", "value"}`` for the log: the signature of `data` and what it is checked with."""
    crypto = _crypto()
    kind = _kind_of_key(key.private.public_key(), _("the key"))
    if kind == "ed25519":
        value = key.private.sign(CONTEXT + data)
    elif kind == "ecdsa":
        value = key.private.sign(CONTEXT + data, crypto.ec.ECDSA(crypto.hashes.SHA256()))
    else:
        value = key.private.sign(CONTEXT + data, _pss(crypto), crypto.hashes.SHA256())
    return {"kind": key.kind, "key": key.public, "value": base64.b64encode(value).decode("ascii")}


def check(
    data: bytes, signature: Mapping[str, Any], time: str, trusted: TrustedKeys | None = None
) -> SignatureState | None:
    """Whose signature it is; None where it is none of `data`. `time` is that of the entry, for the certificates.

    Raises `MissingDependencyError` without the package cryptography.
    """
    crypto = _crypto()
    try:
        kind, text = str(signature["kind"]), str(signature["key"])
        value = base64.b64decode(str(signature["value"]), validate=True)
        certificate = None
        if kind == "x509":
            certificate = crypto.x509.load_pem_x509_certificate(text.encode("ascii"))
            public = certificate.public_key()
        elif kind == "ssh":
            public = crypto.serialization.load_ssh_public_key(text.encode("ascii"))
        else:
            return None
        _verify(public, value, CONTEXT + data, crypto)
    except (ValueError, TypeError, KeyError, UnicodeError, InputError, crypto.exceptions.InvalidSignature):
        return None
    except crypto.exceptions.UnsupportedAlgorithm:
        return None
    if certificate is None:
        is_trusted = None if trusted is None else text in trusted.keys
        return SignatureState("ssh", _ssh_fingerprint(text), "", is_trusted)
    der = certificate.public_bytes(crypto.serialization.Encoding.DER)
    told = certificate.subject.rfc4514_string()
    is_trusted = None if trusted is None else _is_issued(certificate, trusted.certificates, time)
    return SignatureState("x509", f"SHA256:{hashlib.sha256(der).hexdigest()}", told, is_trusted)


def read_trusted(path: Path) -> TrustedKeys:
    """Public keys in OpenSSH form (``id_ed25519.pub``, authorized_keys, allowed_signers) and certificates in PEM form of a file.

    A certificate counts for itself and for those that it issued directly. Raises `InputError` for a file without either.
    """
    data = _read(path, _("file of trusted keys"))
    keys, certificates = [], []
    for line in data.decode("utf-8", errors="replace").splitlines():
        words = line.split()
        for kind, body in zip(words, words[1:]):
            if kind in SSH_KINDS:
                keys.append(f"{kind} {body}")
    if PEM_CERTIFICATE in data:
        try:
            certificates = list(_crypto().x509.load_pem_x509_certificates(data))
        except ValueError:
            raise InputError(
                _("{path} holds a certificate that cannot be read: export it as PEM again.", path=path.name)
            ) from None
    if not keys and not certificates:
        raise InputError(
            _(
                "{path} holds no public key in OpenSSH form and no certificate in PEM form: give a .pub or .pem file.",
                path=path.name,
            )
        )
    return TrustedKeys(tuple(keys), tuple(certificates))


def _is_issued(certificate: Any, trusted: Sequence[Any], time: str) -> bool:
    """Whether a certificate is one of the trusted ones or was issued by one, and held at the time."""
    try:
        moment = datetime.datetime.fromisoformat(time)
    except ValueError:
        return False
    if moment.tzinfo is None or not _holds_at(certificate, moment):
        return False
    for one in trusted:
        if one == certificate:
            return True
        try:
            certificate.verify_directly_issued_by(one)
        except Exception:
            continue
        if _holds_at(one, moment) and _may_issue(one):
            return True
    return False


def _may_issue(certificate: Any) -> bool:
    x509 = _crypto().x509
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except (x509.ExtensionNotFound, ValueError):
        return False


def _holds_at(certificate: Any, moment: datetime.datetime) -> bool:
    return bool(certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc)


def _verify(public: Any, value: bytes, data: bytes, crypto: Any) -> None:
    """Raises InvalidSignature of cryptography, or `InputError` for a kind of key that is not taken."""
    kind = _kind_of_key(public, _("the key"))
    if kind == "ed25519":
        public.verify(value, data)
    elif kind == "ecdsa":
        public.verify(value, data, crypto.ec.ECDSA(crypto.hashes.SHA256()))
    else:
        public.verify(value, data, _pss(crypto), crypto.hashes.SHA256())


def _pss(crypto: Any) -> Any:
    padding = crypto.padding
    return padding.PSS(mgf=padding.MGF1(crypto.hashes.SHA256()), salt_length=padding.PSS.DIGEST_LENGTH)


def _kind_of_key(public: Any, name: str) -> str:
    crypto = _crypto()
    if isinstance(public, crypto.ed25519.Ed25519PublicKey):
        return "ed25519"
    if isinstance(public, crypto.ec.EllipticCurvePublicKey) and public.curve.key_size >= 256:
        return "ecdsa"
    if isinstance(public, crypto.rsa.RSAPublicKey) and public.key_size >= LEAST_RSA_BITS:
        return "rsa"
    raise InputError(
        _(
            "{name} is of a kind that is not taken: use Ed25519, ECDSA from 256 bits or RSA from "
            "{least_rsa_bits} bits.",
            name=name,
            least_rsa_bits=LEAST_RSA_BITS,
        )
    )


def _ssh_line(public: Any) -> str:
    serialization = _crypto().serialization
    return str(public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode("ascii"))


def _ssh_fingerprint(line: str) -> str:
    """As ``ssh-keygen -l`` prints it."""
    digest = hashlib.sha256(base64.b64decode(line.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode("ascii").rstrip("=")


def _read(path: Path, what: str) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(_("{path} is larger than any {what}: choose the right file.", path=path.name, what=what))
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            _(
                "{path} cannot be read ({strerror}): check the file and its rights.",
                path=path.name,
                strerror=error.strerror,
            )
        ) from None
