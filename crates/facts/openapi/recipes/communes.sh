#!/bin/sh
# Communes with their verdicts as CSV; asked again, only what changed is sent.
BASE=${BASE:-https://langso.example.vn}
ASK="$BASE/api/v1/communes?nam=2024&bo=commune-2021-2025&dv=cu&per=500&fields=unit,name,district,verdict"
curl -sS --fail --etag-save communes.etag -H 'Accept: text/csv' -o communes.csv "$ASK"
curl -sS --fail --etag-compare communes.etag -H 'Accept: text/csv' -o changed.csv -w '%{http_code}\n' "$ASK"
