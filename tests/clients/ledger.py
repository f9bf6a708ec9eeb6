"""Proofs of the public ledger, checked by a program that is not ours: `proofbundle` (PyPI) reads C2SP tlog-proof, checks RFC 6962
inclusion, the signature of the checkpoint and the cosignatures of witnesses."""

import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from proofbundle.tlogproof import verify_tlog_proof
from service import closed_year, run, send, service

TABLE = "unit_code,period,indicator,value\n02503,2024,8.4,đạt\n02506,2024,8.4,đạt\n"


def get(url):
    with urllib.request.urlopen(url) as answer:
        return answer.read().decode()


def published(base, binary, data):
    """Publishes results of two communes; the number of the first, once a checkpoint holds it."""
    with tempfile.TemporaryDirectory() as folder:
        table = pathlib.Path(folder) / "t.csv"
        table.write_text(TABLE, encoding="utf-8")
        subprocess.run([binary, "import", "--publish", str(table), "--data", data], check=True, capture_output=True)
    units = json.loads(get(f"{base}/api/v1/units?as_of=2024-06-30"))["units"]
    unit = next(unit["id"] for unit in units if unit["code"] == "02503")
    for _ in range(300):
        try:
            return unit, json.loads(get(f"{base}/api/v1/proofs/{unit}/commune-2021-2025/2024"))
        except urllib.error.HTTPError as error:
            assert error.code in (404, 409), error
            time.sleep(0.1)
    raise AssertionError("no checkpoint came")


def check_the_proof_of_a_result(base, binary, data):
    """The package accepts our proof by the ledger's key, and refuses it with another leaf, key or origin."""
    unit, proof = published(base, binary, data)
    leaf, key = proof["leaf"].encode(), proof["keys"][0]
    assert json.loads(proof["leaf"])["unit"] == unit
    origin = key.split("+")[0]
    good = verify_tlog_proof(proof["proof"], leaf, key, expected_origin=origin)
    assert good["ok"] and good["log_ok"] and good["inclusion_ok"], good
    assert not verify_tlog_proof(proof["proof"], leaf.replace(b"2024", b"2023"), key)["ok"]
    assert not verify_tlog_proof(proof["proof"], leaf, key, expected_origin="elsewhere.example/tlog")["ok"]
    name, ident, text = key.split("+", 2)
    assert not verify_tlog_proof(proof["proof"], leaf, f"{name}+{ident}+{text[:-4]}AAA=")["ok"]


def check_a_witness(base, binary, data):
    """A cosignature by our command counts for the package as a witness's."""
    _, proof = published(base, binary, data)
    key = proof["keys"][0]
    with tempfile.TemporaryDirectory() as folder:
        at = pathlib.Path(folder)
        made = subprocess.run([binary, "audit", "witness-key", "--name", "mttq.example.vn/chung", "--out", str(at / "key")], check=True, capture_output=True, text=True)
        witness = made.stdout.strip().splitlines()[-1]
        subprocess.run([binary, "audit", "add-witness", "--key", witness, "--holder", "MTTQ", "--data", data], check=True, capture_output=True)
        for _ in range(20):
            (at / "request").write_text(get(f"{base}/tlog/witness?old=0"), encoding="utf-8")
            (at / "seen").unlink(missing_ok=True)
            signed = subprocess.run([binary, "audit", "witness", "--key", str(at / "key"), "--ledger", key, "--seen", str(at / "seen"), str(at / "request")], check=True, capture_output=True, text=True)
            status, answer = send(f"{base}/api/v1/cosignatures", signed.stdout.encode(), "text/plain")
            if status == 201:
                break
            time.sleep(0.2)  # another checkpoint came between
        assert status == 201, answer
    proof = json.loads(get(f"{base}/api/v1/proofs/{json.loads(proof['leaf'])['unit']}/commune-2021-2025/2024"))
    held = verify_tlog_proof(proof["proof"], proof["leaf"].encode(), key, [witness], threshold=1)
    assert held["ok"] and held["witnesses_ok"], held


def check_our_command_without_the_site(base, binary, data):
    """`langso audit verify --proof` takes the same file, and a checkpoint kept elsewhere holds the database to its word."""
    _, proof = published(base, binary, data)
    with tempfile.TemporaryDirectory() as folder:
        file, kept = pathlib.Path(folder) / "p.json", pathlib.Path(folder) / "c.txt"
        file.write_text(json.dumps(proof), encoding="utf-8")
        kept.write_text(get(f"{base}/tlog/checkpoint"), encoding="utf-8")
        good = subprocess.run([binary, "audit", "verify", "--proof", str(file), "--key", proof["keys"][0]], capture_output=True, text=True)
        assert good.returncode == 0, good.stdout + good.stderr
        proof["leaf"] = proof["leaf"].replace("2024", "2023")
        file.write_text(json.dumps(proof), encoding="utf-8")
        assert subprocess.run([binary, "audit", "verify", "--proof", str(file)], capture_output=True).returncode == 1
        whole = subprocess.run([binary, "audit", "verify", "--checkpoint", str(kept), "--data", data], capture_output=True, text=True)
        assert whole.returncode == 0, whole.stdout + whole.stderr


def check_the_proof_of_a_return(base, binary, data):
    """The snapshot of a closed year stands in the ledger by its SHA-256: for the package, and for our command."""
    published(base, binary, data)
    only = ["token", "new", "--data", data, "vanphong", "chốt", "--only", "close years"]
    token = subprocess.run([binary, *only], check=True, capture_output=True, text=True).stdout.strip()
    address = closed_year(base, token, 2024)
    snapshot = get(f"{address}/ban-chot.json").encode()
    for _ in range(300):
        try:
            proof = json.loads(get(f"{address}/bang-chung.json"))
            break
        except urllib.error.HTTPError as error:
            assert error.code == 409, error
            time.sleep(0.1)
    leaf, key = proof["leaf"], proof["keys"][0]
    told = json.loads(leaf)
    assert told["kind"] == "return" and told["sha256"] == hashlib.sha256(snapshot).hexdigest(), told
    good = verify_tlog_proof(proof["proof"], leaf.encode(), key, expected_origin=key.split("+")[0])
    assert good["ok"] and good["log_ok"] and good["inclusion_ok"], good
    other = leaf.replace(told["sha256"], hashlib.sha256(snapshot + b" ").hexdigest())
    assert not verify_tlog_proof(proof["proof"], other.encode(), key)["ok"]
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "p.json"
        file.write_text(json.dumps(proof), encoding="utf-8")
        ours = subprocess.run([binary, "audit", "verify", "--proof", str(file), "--key", key], capture_output=True, text=True)
        assert ours.returncode == 0, ours.stdout + ours.stderr


if __name__ == "__main__":
    with service(sys.argv[1]) as site:
        checks = [
            check_the_proof_of_a_result,
            check_a_witness,
            check_our_command_without_the_site,
            check_the_proof_of_a_return,
        ]
        run(checks, site.base, site.binary, site.data)
