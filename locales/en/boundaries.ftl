### Bringing in boundaries: the page and the command.

boundaries-title = Boundaries of units
boundaries-link = Bring in boundaries
boundaries-lead = Official boundaries from GeoJSON or GeoPackage (WGS 84), matched to units by code. All of a file or nothing.
boundaries-not-allowed = Boundaries can be brought in only at the server, when its administrator has allowed writing.
boundaries-new = Send a file of boundaries
boundaries-file = A .gpkg or .geojson file
boundaries-day = Unit codes as of
boundaries-level = Level
boundaries-source = Source: who measured, under which licence
boundaries-field = Name of the code column (empty: found by itself)
boundaries-check = Check
boundaries-commit = Keep the boundaries
boundaries-report = What was found: { $file }
boundaries-good = { $count } boundaries can be kept.
boundaries-error-count = { $count } errors.
boundaries-nothing-kept = Nothing was kept. Correct the file and send it again.
boundaries-warning-count = { $count } things to look at
boundaries-missing-count = { $count } units have no boundary in the file
boundaries-done = { $count } boundaries kept.
boundaries-upload-broken = The upload broke off; send it again
boundaries-warning = To look at: { $what }
boundaries-missing = Not in the file: { $name } ({ $code })
boundaries-unit-changed = { $name } was edited while the file was being checked; send it again.
