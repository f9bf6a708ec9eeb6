"""Every commune with its verdict: page after page, by the cursor that each answer gives. Standard library only."""

import json
import os
import urllib.request

BASE = os.environ.get("BASE", "https://langso.example.vn")


def communes(year, criteria):
    path = f"/api/v1/communes?nam={year}&bo={criteria}&dv=cu&per=50"
    while path:
        with urllib.request.urlopen(BASE + path) as answer:
            page = json.load(answer)
        yield from page["communes"]
        path = page["next"]


rows = list(communes(2024, "commune-2021-2025"))
print(len(rows), "communes,", sum(row["verdict"] == "passed" for row in rows), "passed")
