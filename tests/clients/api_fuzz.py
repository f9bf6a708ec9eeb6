"""schemathesis on the description of the API, against a demo: as anybody, and as each of the demo's roles by a token for all
that the permission table has. No answer is a failure of ours, every answer is one that the description names.
Usage: api_fuzz.py PATH-OF-LANGSO [anybody|LOGIN …]"""

import collections
import os
import subprocess
import sys
import tempfile

import hypothesis
import requests
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from service import run, started

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Of each operation: as it is described, with ids that there are, and as it is not.
EXAMPLES = int(os.environ.get("LANGSO_FUZZ_EXAMPLES", "5"))
# Xã Tân Mỹ, and what is published of it in the demo; no token, or whoever asks would revoke the one that they ask by.
KNOWN = {"token": 999999, "unit": 250, "set": "commune-2021-2025", "year": 2024, "measure": "income.per_person"}
SETTINGS = hypothesis.settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    report_multiple_bugs=False,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
    verbosity=hypothesis.Verbosity.quiet,
)



@schemathesis.serializer(
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/x-ndjson", "application/offset+octet-stream"
)
def raw(_context, value):
    """What is sent where a workbook, a line of JSON or a part of a file is asked for: bytes of any sort; a right one is hardly ever found."""
    return value if isinstance(value, bytes) else str(value).encode()


def known(operation):
    """The ids in an address of this operation, as the demo has them."""
    parts = [part.strip("{}") for part in operation.path.split("/") if part.startswith("{")]
    ids = {part: KNOWN.get(part, 1) for part in parts}
    if operation.path.startswith("/api/v1/units/"):
        ids["id"] = KNOWN["unit"]
    return {part: ids[part] for part in parts}


def told(error, case):
    """What schemathesis found and what was sent, without the command that it suggests (tokens stand in it)."""
    failures = getattr(error, "exceptions", [error])
    said = "; ".join(f"{type(one).__name__}: {' '.join(str(one).split())[:300]}" for one in failures)
    return f"{said} {case.method} {case.formatted_path} {case.query} {case.media_type} {str(case.body)[:600]!r}"


def tried(operation, strategy, session, answers, found):
    """Asks for some cases of an operation; the first that does not hold is kept."""
    if any(line.startswith(f"{operation.label}: ") for line in found):
        return

    last = []

    @SETTINGS
    @hypothesis.given(case=strategy)
    def ask(case):
        last[:] = [case]
        answer = case.call(session=session, timeout=60)
        answers[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)
        # What is not named for itself is a problem: the description says so by `default`.
        named = str(answer.status_code) in operation.definition.raw["responses"]
        if not named and answer.headers.get("content-type", [""])[0] != "application/problem+json":
            raise AssertionError(f"{answer.status_code} is neither named nor a problem")

    try:
        ask()
    except hypothesis.errors.Unsatisfiable:
        pass
    except (Exception, BaseExceptionGroup) as error:
        sent = told(error, last[0]) if last else f"no question could be made: {error}"
        found.append(f"{operation.label}: {sent}")


def fuzzed(base, token=None):
    """Every operation as whoever holds this token, or as anybody; complains of all that was found."""
    session = requests.Session()
    if token:
        session.headers["Authorization"] = f"Bearer {token}"
    answers, found = collections.Counter(), []
    operations = [one.ok() for one in schemathesis.openapi.from_url(f"{base}/api/openapi.json").get_all_operations()]
    assert len(operations) > 50, len(operations)
    for operation in operations:
        ids = {"path_parameters": known(operation)} if "{" in operation.path else {}
        any_ids = ids if "{token}" in operation.path else {}
        tried(operation, operation.as_strategy(GenerationMode.POSITIVE, **any_ids), session, answers, found)
        if ids:
            tried(operation, operation.as_strategy(GenerationMode.POSITIVE, **ids), session, answers, found)
        tried(operation, operation.as_strategy(GenerationMode.NEGATIVE, **any_ids), session, answers, found)
    print(f"       {len(operations)} operations, {answers.total()} answers: {dict(sorted(answers.items()))}")
    assert not found, "\n".join(found)
    assert not token or not answers[401], "the token was lost on the way"


def checks(binary, data, base):
    """A check for anybody, and one for each role of the demo."""

    def anybody(_):
        fuzzed(base)

    yield anybody
    table = subprocess.run([binary, "permissions"], capture_output=True, text=True, check=True).stdout
    rows = [[part.strip() for part in line.split("  ") if part.strip()] for line in table.splitlines()]
    actions = sorted({f"{action} {resource}" for _, _, action, resource, who in rows if who not in ("everybody", "nobody")})
    for login in people():
        command = [binary, "token", "new", "--data", data, "--only", ",".join(actions), login, "fuzz"]
        token = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

        def whoever(_, token=token):
            fuzzed(base, token)

        whoever.__name__ = login
        yield whoever


def people():
    """The logins of the demo: one of each role."""
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "../../crates/app/data/demo-people.csv"), encoding="utf-8") as lines:
        rows = [line.strip().split(",") for line in lines][1:]
    first = {}
    for _, login, role in rows:
        first.setdefault(role, login)
    return list(first.values())


if __name__ == "__main__":
    program = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="langso-fuzz-") as folder:
        subprocess.run([program, "demo", "--only-create", "--data", folder], check=True, stdout=subprocess.DEVNULL)
        with started(program, "demo", "--data", folder) as address:
            wanted = sys.argv[2:]
            run([one for one in checks(program, folder, address) if not wanted or one.__name__ in wanted], None)
