"""The bill of materials, held by the library of CycloneDX against the official schema. Usage: bill.py PATH-OF-LANGSO"""

import json
import pathlib
import subprocess
import tempfile

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from service import run

VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


def the_bill_is_as_its_schema_says(bill):
    assert VALIDATOR.validate_str(json.dumps(bill)) is None, VALIDATOR.validate_str(json.dumps(bill))


def each_part_has_a_version_a_licence_and_of_others_a_hash(bill):
    parts = bill["components"]
    assert len(parts) > 300, len(parts)
    own = {"kernel", "store", "web", "facts"}
    for part in parts:
        assert part["version"] and part["licenses"][0]["expression"], part
        assert "hashes" in part or part["licenses"][0]["expression"] == "Apache-2.0", part
    assert own <= {part["name"] for part in parts}


def a_bill_that_is_none_is_found(bill):
    for change in [{"version": "one"}, {"components": [{"name": "x"}]}, {"bomFormat": "other"}]:
        assert VALIDATOR.validate_str(json.dumps({**bill, **change})) is not None, change


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "bill.json"
        subprocess.run(["cargo", "xtask", "bill", str(file)], check=True, capture_output=True)
        made = json.loads(file.read_text(encoding="utf-8"))
    run([the_bill_is_as_its_schema_says, each_part_has_a_version_a_licence_and_of_others_a_hash, a_bill_that_is_none_is_found], made)
