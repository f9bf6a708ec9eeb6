# The command line: help, what is refused, what the commands of the administrator say.
cli-usage = Usage:
cli-commands = Commands
cli-command = COMMAND
cli-options = Options
cli-some-options = [OPTIONS]
cli-arguments = Arguments
cli-choices = [one of: { $value }]
cli-default = [default: { $value }]
cli-environment = [environment: { $value }]
cli-after =
    Exit codes: 0 good, 1 something failed, 2 the input or an option cannot be used.
    Language by LC_ALL, LC_MESSAGES, LANG: vi_VN is Vietnamese, any other language English, unset or C Vietnamese.

cli-about = Làng Số: a province's New Rural Development programme
cli-arg-help = Show help
cli-arg-version = Show the version
cli-arg-listen = Address and port to serve on
cli-arg-database = Database: sqlite:PATH or postgres://…; by default langso.sqlite in the data folder
cli-arg-data = Folder of the program's files
cli-arg-large = Allow more than 50 MB or 1,000,000 rows

cli-arg-origin = Where the figures come from: declared, verified, survey or imported
cli-arg-files = Where attachments are kept: a folder or s3://…; by default the data folder
cli-arg-public-url = Where everybody reaches the pages, for example https://nongthonmoi.example.vn; for the sitemap and shared links
cli-arg-api-limit = Requests to the API a minute from one address; 0 sets no limit
cli-trusted-proxy = “{ $value }” is no address or network of a proxy (as 10.0.0.5, 10.0.0.0/24; never everybody)
cli-serve-trusted-proxy = Network of a proxy on another machine, as 10.0.0.5 or 10.0.0.0/24: what it says of whom it asks for is believed; may stand several times
cli-public-url = “{ $value }” must begin with http:// or https://

cli-boundaries-about = Bring in official boundaries (GeoJSON or GeoPackage) by unit code; all of the file or nothing
cli-boundaries-file = The file of boundaries
cli-boundaries-as-of = The day at which unit codes are read (YYYY-MM-DD)
cli-boundaries-level = Level of the units: province, district or commune
cli-boundaries-under = Only units under this one (its permanent id)
cli-boundaries-code-field = The field that holds the codes; found by itself where it has a usual name
cli-boundaries-source = Who measured, under which licence
cli-boundaries-dry-run = Only show what would change, write nothing

cli-template-about = Write a spreadsheet to be filled in, for one unit or a whole province
cli-template-rulebook = Criteria set whose figures are asked for
cli-template-year = The year of the figures
cli-template-unit = Code of one unit; by default every unit of the province
cli-template-unit-as-of = The day on which codes are read (YYYY-MM-DD); by default the last of the year
cli-template-province = Code of the province
cli-template-lang = Language of the spreadsheet: vi or en
cli-template-output = The file to write

cli-serve-about = Serve the pages and the API
cli-serve-max-sessions = Sessions of one person at once; one more ends the one that was not used for longest

cli-demo-about = Create the demo province where there is none, and serve it
cli-demo-data = Folder of the demo province
cli-demo-communes = Add so many made-up communes, to try the size of the nation
cli-demo-only-create = Only create the data, do not serve it

cli-evaluate-about = Judge a table of figures under a criteria set, without a database
cli-evaluate-rulebook = Id of the criteria set, for example commune-2021-2025
cli-evaluate-values = Values: a .csv or .xlsx file; - reads standard input
cli-evaluate-units = Units with region, group and attributes; by default the shipped units
cli-evaluate-overlay = Overlay to lay on; may be given several times
cli-evaluate-as-of = The day whose amendments count (YYYY-MM-DD); by default 31 December of the period
cli-evaluate-lang = Language of sentences and problems: vi or en
cli-evaluate-format = Form of the result

cli-migrate-about = Bring the database to this program's state

cli-import-about = Import a table of figures (.csv, .xlsx, .json, .ndjson) or the snapshot of a return (ban-chot.json); all of it or nothing
cli-import-sender = Of a return: from whom it comes
cli-import-sha256 = Of a return: the SHA-256 that the sender named
cli-import-proof = Of a return: the file of its proof (bang-chung.json)
cli-import-ledger = Of a return: a verifier key of the sender’s public ledger
cli-import-no-return = --sender, --sha256, --proof and --ledger are for the snapshot of a return only
cli-import-file = The table
cli-import-rulebook = Criteria set whose indicators the file names
cli-import-dry-run = Only show what would change, write nothing
cli-import-correct-rows-only = Import the correct rows, leave out those with problems (all problems are still listed)
cli-import-publish = Publish what is imported

cli-backup-about = Back everything up into one file, while the system goes on
cli-backup-output = The file to write

cli-restore-about = Restore a backup into an empty database (SQLite or PostgreSQL)
cli-restore-file = The backup

cli-doctor-about = Check the criteria sets and the reference data; where a database is named, check it too
cli-doctor-rulebooks = A folder with measures.toml and */rulebook.toml; by default what is shipped
cli-doctor-database = Database to check
cli-doctor-data = Data folder to check

cli-audit-about = The audit trail
cli-audit-verify-about = Check the whole chain: lines altered, removed, reordered, erased, not yet sealed
cli-audit-verify-head = A head noted earlier, which must be in the chain; may be given several times
cli-audit-seal-about = Seal committed lines now
cli-audit-verify-checkpoint = A checkpoint kept elsewhere, that the public ledger must go on from; may be given several times
cli-audit-verify-proof = Check the proof of one result instead; needs no database
cli-audit-verify-key = A verifier key of the ledger or of a witness that you trust; may be given several times
cli-audit-seal-public-url = Where everybody reaches the pages, https://HOST; names a ledger that has no key yet
cli-audit-rotate-key-about = Sign checkpoints by another key from now on
cli-audit-rotate-key-public-url = Where everybody reaches the pages, https://HOST; names a ledger that has no key yet
cli-audit-admit-restore-about = Say in the ledger that the database was set back or moved on purpose, or its key lost, and sign on
cli-audit-admit-restore-reason = Why the database was set back or moved, or how the key was lost
cli-audit-admit-restore-public-url = Where everybody reaches the pages, https://HOST; names a ledger that has no key yet
cli-audit-witness-key-about = Make a key for a witness
cli-audit-witness-key-name = What the witness is called: a host and a path, no spaces
cli-audit-witness-key-out = Where the private key goes
cli-audit-add-witness-about = Make a witness of the ledger known
cli-audit-add-witness-key = Its verifier key
cli-audit-add-witness-holder = The agency, as people know it
cli-audit-add-witness-public-url = Where everybody reaches the pages, https://HOST; names a ledger that has no key yet
cli-audit-witness-about = Work as a witness: check that the ledger goes on, and sign
cli-audit-witness-key = The witness's private key
cli-audit-witness-ledger = A verifier key of the ledger; may be given several times
cli-audit-witness-seen = Where the checkpoint seen last is remembered
cli-audit-witness-request = What the site shows a witness at /tlog/witness?old=N

cli-permissions-about = Print the permission table: who may do what
cli-completions-about = Print completions for a shell
cli-completions-shell = The shell

# A command line that cannot be used
cli-error-unknown = there is no option “{ $argument }”
cli-error-missing = missing: { $argument }
cli-error-conflict = “{ $argument }” was given several times, or does not go with another option
cli-error-command = there is no command “{ $command }”
cli-error-no-command = no command was given
cli-error-no-value = “{ $argument }” needs a value
cli-error-choice = “{ $value }” cannot be used for “{ $argument }”; choose one of: { $choices }
cli-error-value = “{ $value }” cannot be used for “{ $argument }”: { $reason }
cli-error-too-many = “{ $argument }” has too many values
cli-error-utf8 = the command line holds characters that are not UTF-8
cli-error-nearest = did you mean { $nearest }?
cli-error-more = Commands and options: langso --help
cli-listen-failed = cannot serve on { $address }: { $reason }
cli-no-database = there is no database at { $address }

# Backup and restore
backup-written = Wrote { $rows } rows of { $tables } tables and { $files } files to { $file }
backup-restored = Restored { $rows } rows of { $tables } tables and { $files } files from { $file }
backup-overlay-differs = the data was restored, but { $file } was there already with another content and was left as it is; please look into it

# Checks
doctor-set = { $criteria } criteria, { $all } indicators and parts, { $sure } verified
doctor-measures = { $count } measures
doctor-reference = { $units } units, { $successions } successions, { $agencies } agencies
doctor-overlays = Overlays read: { $count ->
    [0] none
   *[other] { $names }
}
doctor-files = Folder of attachments is readable: { $folder }
doctor-no-files = No attachments yet
doctor-engine = { $engine } { $version }, { $bytes } bytes
doctor-jobs-waiting = { $count } jobs waiting
doctor-jobs-running = { $count } jobs running
doctor-jobs-failed = { $count } jobs failed
doctor-step = Part { $room }: step { $version } of { $known }
doctor-step-older = Part { $room }: step { $version } of { $known }; it will be migrated at the next start (langso migrate)

# The audit trail
audit-counts = Audit trail: { $sealed } lines sealed, { $unsealed } not yet sealed, { $erased } with erased details
audit-head = Head of the chain: { $head }
audit-head-bad = “{ $head }” is no head of a chain (place and hash)
audit-sealed-now = Sealed { $count } lines
audit-erased = { $count ->
    [one] { $count } line had its details erased, as a line of the trail tells; reason: { $reason }
   *[other] { $count } lines had their details erased, as a line of the trail tells; reason: { $reason }
}
audit-erased-before = { $count ->
    [one] { $count } line had its details erased before this program kept account of it
   *[other] { $count } lines had their details erased before this program kept account of it
}
audit-altered = line { $line } was altered after it was sealed
audit-removed = line { $line } was removed
audit-details-altered = the details of line { $line } were altered
audit-details-removed = the details of line { $line } are gone without a reason
audit-erasure-untold = the details of line { $line } were erased, and no line of the trail tells of it
audit-erasure-altered = the lines whose details line { $line } says were erased are not those that are erased
audit-seal-removed = the seal at place { $place } was removed
audit-reordered = line { $line } at place { $place } was moved
audit-seal-altered = the seal of line { $line } at place { $place } was altered
audit-head-missing = the head noted at place { $place } is no longer in the chain
audit-figures-altered = the figures that line { $line } recorded are no longer what was written
audit-figures-unclaimed = { $count } lines of figures that no audit line speaks of
cli-large = { $problem }, or add --large
