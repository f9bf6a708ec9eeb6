"""A client of DHIS2 from PyPI, given our address instead of a DHIS2's. Usage: dhis2_values.py PATH-OF-LANGSO"""

import json
import sys

from dhis2_client import DHIS2Client
from dhis2_client.errors import DHIS2HTTPError
from service import closed_year, run, send, service


def named(things, code):
    return next(t for t in things if t["code"] == code)["id"]


def values(client, **params):
    return client.get_data_value_set(params)["dataValues"]


def metadata_names_what_values_name(client, known):
    told = client.get("/api/metadata", params={"as_of": "2024-12-31"})
    known["households"] = named(told["dataElements"], "households")
    known["share"] = named(told["dataElements"], "sanitation.household_share")
    known["commune"] = named(told["organisationUnits"], "02308")
    known["set"] = named(told["dataSets"], "commune-2021-2025")
    assert all(len(uid) == 11 for name, uid in known.items() if name != "site"), known


def values_sent_by_uid_come_back(client, known):
    sent = [
        {"dataElement": known["households"], "value": "1234"},
        {"dataElement": known["share"], "value": "66.666667", "comment": "2/3"},
    ]
    payload = {"period": "2024", "orgUnit": known["commune"], "dataValues": sent}
    answer = client.post("/api/dataValueSets", params={"publish": "true"}, json=payload)
    assert answer["status"] == "SUCCESS", answer
    assert answer["response"]["importCount"] == {"imported": 2, "updated": 0, "ignored": 0, "deleted": 0}, answer
    back = values(client, orgUnit=known["commune"], period="2024")
    assert sorted((v["dataElement"], v["value"]) for v in back) == sorted((v["dataElement"], v["value"]) for v in sent)
    again = client.post_data_value_set({"dataValues": back})
    assert again["response"]["importCount"]["ignored"] == 2, again


def a_conflict_is_the_client_s_error(client, known):
    sent = [
        {"dataElement": known["households"], "value": "1300"},
        {"dataElement": "abcdefghijk", "value": "1"},
        {"dataElement": known["share"], "value": "101"},
    ]
    try:
        client.post_data_value_set({"period": "2024", "orgUnit": known["commune"], "dataValues": sent})
    except DHIS2HTTPError as error:
        response = error.payload["response"]
        assert error.status_code == 409 and response["status"] == "WARNING", error.payload
        assert response["rejectedIndexes"] == [1, 2], response
        assert [c["errorCode"] for c in response["conflicts"]] == ["E7610", "E7619"], response
    else:
        raise AssertionError("no conflict")
    shown = values(client, orgUnit=known["commune"], period="2024", dataElement=known["households"])
    assert [v["value"] for v in shown] == ["1234"], "what is not published does not go out"


def codes_work_like_uids(client, known):
    by_code = {"orgUnit": "08", "children": "true", "period": "2024", "dataSet": "commune-2021-2025", "idScheme": "CODE"}
    shown = values(client, **by_code)
    assert [(v["dataElement"], v["orgUnit"], v["comment"]) for v in shown] == [
        ("sanitation.household_share", "02308", "2/3")
    ], shown


def a_return_goes_to_another_program(client, known):
    """The year is closed; its snapshot as data values, sent by the same client to a second program, comes back from there the same."""
    site = known["site"]
    address = closed_year(site.base, site.token("vanphong", "close years,read working figures"), 2024)
    status, text = send(f"{address}/dhis2.json", None, None, method="GET")
    assert status == 200, text
    told = json.loads(text)["dataValues"]
    sent = {(v["dataElement"], v["orgUnit"], v["value"], v.get("comment", "")) for v in told}
    assert (known["share"], known["commune"], "66.666667", "2/3") in sent and len(sent) == 2, sent
    with service(site.binary) as other:
        there = DHIS2Client(f"{other.base}/api/v1/dhis2", token=other.office)
        answer = there.post("/api/dataValueSets", params={"publish": "true"}, json={"dataValues": told})
        assert answer["response"]["importCount"] == {"imported": 2, "updated": 0, "ignored": 0, "deleted": 0}, answer
        back = values(there, orgUnit=known["commune"], period="2024")
        assert {(v["dataElement"], v["orgUnit"], v["value"], v.get("comment", "")) for v in back} == sent, back


if __name__ == "__main__":
    with service(sys.argv[1]) as site:
        # As it sends a token of its own: `ApiToken …`.
        client = DHIS2Client(f"{site.base}/api/v1/dhis2", token=site.office)
        checks = [
            metadata_names_what_values_name,
            values_sent_by_uid_come_back,
            a_conflict_is_the_client_s_error,
            codes_work_like_uids,
            a_return_goes_to_another_program,
        ]
        run(checks, client, {"site": site})
