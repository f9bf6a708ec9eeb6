# The data store: what users and administrators read when something goes wrong.
store-busy = the system is busy writing; please try again in a few minutes
store-duplicate = this is already in the system
store-nul = the text holds a character that is not allowed (NUL)
store-too-large = files larger than { $megabytes } MB are not accepted
store-address = the database address “{ $address }” is neither sqlite: nor postgres:
store-newer = the database was written by a newer version of the program (part { $room }, step { $version }); use that version
store-migration-changed = migration { $version } of part { $room } was changed after it ran; this program does not match the database
store-backup-broken = the backup is damaged or of another format: { $part }
store-backup-not-empty = a backup is restored into an empty database only; choose a new one
store-failed = the database failed; the incident was logged
store-out-of-reach = Your role does not reach this unit, so nothing was written.
store-full = The server has no room left to write. Nothing was written; please tell the administrator.
store-lost = The line to the database was lost. It is not known whether what was sent was written; please look again and send it again in a few minutes.
