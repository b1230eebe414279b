"""Signatures with the user's own key: what they show is seen to be shown, and what they do not is said."""

import datetime
import json
import shutil
import subprocess

import pytest

from dicomtoprint.cli import sign_command
from dicomtoprint.cli.main import main
from dicomtoprint.config import resources
from dicomtoprint.run_record import append_sign_off, check_sign_off, load_signing_key, new_run_record, write_record
from dicomtoprint.run_record import read_trusted as trusted_of
from dicomtoprint.run_record.sign_off import LOG, _canonical, _hash_of

pytest.importorskip("cryptography", reason="the optional package cryptography is not installed")
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import NameOID

PEM, OPENSSH = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.OpenSSH
NOW = datetime.datetime.now(datetime.timezone.utc)


@pytest.fixture
def record(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "bone.stl").write_bytes(bytes(range(200)))
    return write_record(folder, new_run_record(parameters={"process": "fdm"}))


def write_key(folder, name, private, form=OPENSSH, passphrase=None):
    lock = serialization.NoEncryption()
    if passphrase:
        lock = serialization.BestAvailableEncryption(passphrase)
    path = folder / name
    path.write_bytes(private.private_bytes(serialization.Encoding.PEM, form, lock))
    public = private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    (folder / f"{name}.pub").write_bytes(public + b" someone@lab\n")
    return path


def certificate(subject, public, issuer, key, *, ca=False, days=30, start=-1):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    by = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(by).public_key(public)
    made = made.serial_number(x509.random_serial_number())
    made = made.not_valid_before(NOW + datetime.timedelta(days=start)).not_valid_after(
        NOW + datetime.timedelta(days=days)
    )
    made = made.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    return made.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def write_pem(path, *certificates):
    path.write_bytes(b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates))
    return path


KEYS = {
    "ed25519": (lambda: ed25519.Ed25519PrivateKey.generate(), OPENSSH),
    "ecdsa": (lambda: ec.generate_private_key(ec.SECP256R1()), PEM),
    "rsa": (lambda: rsa.generate_private_key(65537, 2048), OPENSSH),
}


@pytest.mark.parametrize("kind", KEYS)
def test_each_kind_of_key_signs_and_is_checked(record, tmp_path, kind, capsys):
    jsonschema = pytest.importorskip("jsonschema")
    make, form = KEYS[kind]
    key = write_key(tmp_path, "id", make(), form)
    assert main(["sign", str(record), "--role", "surgeon", "--decision", "approve", "--key", str(key)]) == 0
    capsys.readouterr()
    arguments = ["sign", str(record), "--verify", "--json", "-", "--trust", str(tmp_path / "id.pub")]
    assert main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["entries"][0]["signature"]["trusted"] is True and found["untrusted"] == []
    line = json.loads((record.parent / LOG).read_text(encoding="utf-8"))
    for name, content in (("sign-off-check", found), ("sign-off", line)):
        schema = json.loads((resources.RESOURCE_DIR / "report" / f"{name}.schema.json").read_text(encoding="utf-8"))
        jsonschema.validate(content, schema)
    if shutil.which("ssh-keygen"):
        told = subprocess.run(
            ["ssh-keygen", "-lf", tmp_path / "id.pub"], capture_output=True, text=True, timeout=60
        ).stdout
        assert found["entries"][0]["signature"]["fingerprint"] in told


def test_any_changed_byte_of_a_signed_log_is_seen(record, tmp_path):
    key = load_signing_key(write_key(tmp_path, "id", ed25519.Ed25519PrivateKey.generate()))
    append_sign_off(record, "surgeon", "approve", "größer", key)
    append_sign_off(record, "technician", "reject")
    path = record.parent / LOG
    whole = path.read_bytes()
    assert check_sign_off(record).holds
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << (at % 8)
        path.write_bytes(damaged)
        assert check_sign_off(record).broken, f"byte {at}"


def rewritten(record, change):
    """The log with an entry changed and every hash made anew, as one who may write the folder can."""
    path, previous, lines = record.parent / LOG, "0" * 64, []
    for line in path.read_text(encoding="ascii").splitlines():
        entry = json.loads(line)
        change(entry)
        entry["previous"] = previous
        entry["sha256"] = previous = _hash_of(entry)
        lines.append(_canonical(entry) + b"\n")
    path.write_bytes(b"".join(lines))


def test_a_log_written_anew_holds_without_a_key_and_not_with_one(record, tmp_path, capsys):
    append_sign_off(record, "surgeon", "reject")
    rewritten(record, lambda entry: entry.update(decision="approve"))
    assert check_sign_off(record).holds, "without key and head nothing shows it"
    assert main(["sign", str(record), "--verify"]) == 0
    assert "Not shown: that nobody wrote log and files anew" in capsys.readouterr().out
    (record.parent / LOG).unlink()
    key = load_signing_key(write_key(tmp_path, "id", ed25519.Ed25519PrivateKey.generate()))
    append_sign_off(record, "surgeon", "reject", key=key)
    whole = (record.parent / LOG).read_bytes()
    rewritten(record, lambda entry: entry.update(decision="approve"))
    assert check_sign_off(record).broken
    # Taking the signature away, or signing with another key, is seen by whoever knows the right one.
    trusted = trusted_of(tmp_path / "id.pub")
    (record.parent / LOG).write_bytes(whole)
    rewritten(record, lambda entry: entry.pop("signature"))
    assert check_sign_off(record).holds and check_sign_off(record, trusted=trusted).untrusted == (1,)
    other = load_signing_key(write_key(tmp_path, "other", ed25519.Ed25519PrivateKey.generate()))
    (record.parent / LOG).unlink()
    append_sign_off(record, "surgeon", "approve", key=other)
    assert main(["sign", str(record), "--verify", "--trust", str(tmp_path / "id.pub")]) == 1
    assert "NOT TRUSTED: sign-off 1" in capsys.readouterr().out


def test_a_signature_is_of_its_entry_and_of_what_was_signed_before(record, tmp_path):
    """An entry moved behind another log keeps its signature and breaks it."""
    key = load_signing_key(write_key(tmp_path, "id", ed25519.Ed25519PrivateKey.generate()))
    append_sign_off(record, "radiologist", "reject", "wrong side")
    append_sign_off(record, "surgeon", "approve", key=key)
    rewritten(record, lambda entry: entry.update(comment="") if entry["number"] == 1 else None)
    assert "line 2" in check_sign_off(record).broken


def test_what_is_shown_and_what_is_not_is_said(record, tmp_path, capsys):
    key = write_key(tmp_path, "id", ed25519.Ed25519PrivateKey.generate())
    assert main(["sign", str(record), "--role", "surgeon", "--decision", "approve", "--key", str(key)]) == 0
    said = capsys.readouterr().out
    assert "whose it is you must know (--trust)" in said and "Head of the log: " in said
    head = said.split("Head of the log: ")[1].split()[0]
    trust = ["--trust", str(tmp_path / "id.pub")]
    assert main(["sign", str(record), "--verify", *trust]) == 0
    said = capsys.readouterr().out
    assert "every entry was signed with a trusted key" in said and "no later entry was cut off" in said
    assert main(["sign", str(record), "--verify", *trust, "--head", head]) == 0
    said = capsys.readouterr().out
    assert (
        "this is the log whose head was kept" in said and "cut off; keep" not in said and "Not shown: the time" in said
    )


def test_certificates_are_trusted_by_themselves_or_by_who_issued_them(record, tmp_path, capsys):
    root, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = certificate("Hospital CA", root.public_key(), "Hospital CA", root, ca=True)
    mine = certificate("Dr Who", own.public_key(), "Hospital CA", root)
    key, pem = write_key(tmp_path, "id.pem", own, PEM), write_pem(tmp_path / "me.pem", mine)
    arguments = ["sign", str(record), "--role", "surgeon", "--decision", "approve", "--key", str(key)]
    assert main([*arguments, "--certificate", str(pem)]) == 0
    assert "certificate of CN=Dr Who" in capsys.readouterr().out
    strangers = certificate("Hospital CA", own.public_key(), "Hospital CA", own, ca=True)
    no_authority = certificate("Hospital CA", root.public_key(), "Hospital CA", root)
    for trusted, code in ((issuer, 0), (mine, 0), (strangers, 1), (no_authority, 1)):
        path = write_pem(tmp_path / "trusted.pem", trusted)
        assert main(["sign", str(record), "--verify", "--trust", str(path)]) == code


def test_keys_and_certificates_that_cannot_be_used_get_one_sentence(record, tmp_path, capsys):
    own = ec.generate_private_key(ec.SECP256R1())
    key = write_key(tmp_path, "id.pem", own, PEM)
    over = write_pem(tmp_path / "over.pem", certificate("A", own.public_key(), "A", own, days=-1, start=-9))
    others = write_pem(
        tmp_path / "others.pem",
        certificate("A", (other := ec.generate_private_key(ec.SECP256R1())).public_key(), "A", other),
    )
    weak = write_key(tmp_path, "weak", rsa.generate_private_key(65537, 1024), PEM)
    old = tmp_path / "dsa"
    old.write_bytes(
        dsa.generate_private_key(2048).private_bytes(serialization.Encoding.PEM, PEM, serialization.NoEncryption())
    )
    text = tmp_path / "text"
    text.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", encoding="ascii")
    inside = write_key(record.parent, "id", own, PEM)
    locked = write_key(tmp_path, "locked", own, PEM, b"secret")
    cases = [
        (["--key", str(tmp_path / "none")], 3, "cannot be read"),
        (["--key", str(text)], 3, "no private key that can be used"),
        (["--key", str(tmp_path / "id.pem.pub")], 3, "no private key that can be used"),
        (["--key", str(weak)], 3, "of a kind that is not taken"),
        (["--key", str(old)], 3, "of a kind that is not taken"),
        (["--key", str(locked)], 3, "is locked by a passphrase"),
        (["--key", str(inside)], 2, "keep private keys elsewhere"),
        (["--key", str(key), "--certificate", str(over)], 3, "does not hold today"),
        (["--key", str(key), "--certificate", str(others)], 3, "certificate of another key"),
        (["--key", str(key), "--certificate", str(key)], 3, "is no certificate"),
        (["--certificate", str(over)], 2, "give --key too"),
    ]
    for options, code, words in cases:
        assert main(["sign", str(record), "--role", "surgeon", "--decision", "approve", *options]) == code, options
        said = capsys.readouterr().err
        assert words in said and said.count("\n") == 1
    assert not (record.parent / LOG).exists()
    append_sign_off(record, "surgeon", "approve")
    assert main(["sign", str(record), "--verify", "--trust", str(text)]) == 3
    assert "no public key" in capsys.readouterr().err


def test_a_locked_key_asks_for_its_passphrase(record, tmp_path, monkeypatch, capsys):
    key = write_key(tmp_path, "locked", ed25519.Ed25519PrivateKey.generate(), PEM, b"secret")
    arguments = ["sign", str(record), "--role", "surgeon", "--decision", "approve", "--key", str(key)]
    for word, code in (("wrong", 3), ("secret", 0)):
        monkeypatch.setattr(sign_command, "_ask_passphrase", lambda word=word: lambda: word)
        assert main(arguments) == code
    assert "does not open with this passphrase" in capsys.readouterr().err
    assert check_sign_off(record).holds
