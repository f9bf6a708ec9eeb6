### The exchange with DHIS2.

dhis2-imported = Import done
dhis2-conflicts = Some values were refused: see conflicts. The others were taken.
dhis2-aborted = Nothing was imported
dhis2-dry-run = Checked only: nothing was written
dhis2-beside = Import done. { $count } values stand beside a figure of another origin (declared, verified …), which verdicts read first.
dhis2-no-element = Data element not found: { $object }
dhis2-no-period = Period not valid: { $object }
dhis2-not-yearly = Figures are yearly; this period is not: { $object }
dhis2-future = The period is in the future: { $object }
dhis2-no-unit = No organisation unit { $object } on { $day }
dhis2-no-unit-here = Organisation unit not found: { $object }
dhis2-no-option = Only the default option combination is known, not { $object }
dhis2-not-in-set = Data element { $object } is not part of the data set
dhis2-other-level = Organisation unit { $object } is not of the level whose criteria sets ask for this data element
dhis2-no-delete = Nothing is deleted here: a figure's history only grows ({ $object })
dhis2-twice = Data element { $object } stands twice for the same unit and period: the first value was taken
dhis2-no-value = Value missing for data element { $object }
dhis2-not-boolean = Value of { $object } must be true or false
dhis2-not-number = Value of { $object } must be a plain number with a decimal point
dhis2-not-percent = Value of { $object } must be a percentage from 0 to 100
dhis2-not-count = Value of { $object } must be a whole number, 0 or more
dhis2-no-set = Data set not found: { $object }
dhis2-no-scheme = Objects are named by CODE or UID, not by { $scheme }
dhis2-no-strategy = There is no import strategy { $strategy }
dhis2-no-async = Imports are answered when they are done: leave out async
dhis2-no-xml = XML is not read: send JSON or CSV
dhis2-no-column = The CSV has no column { $column }
dhis2-bad-csv = The CSV cannot be read: { $error }
dhis2-bad-json = The JSON cannot be read: { $error }
dhis2-too-many = More than { $most } values at once
dhis2-one-year = Name one year: period=2024, or startDate and endDate within one year
dhis2-one-unit = Name at least one organisation unit
dhis2-one-province = One province a call

## One import, to be read

import-title = Import { $id }
import-lead = Figures from { $source }, recorded on { $day }.
import-counts = { $new } new, { $changed } changed, { $unchanged } unchanged.
import-hash = SHA-256 of what was sent:
