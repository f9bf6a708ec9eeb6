### The public ledger: checkpoints, keys, witnesses, the proof of each result.

nav-ledger = Public ledger
ledger-title = Public ledger
ledger-lead = Every published result is written into a ledger that is only added to: nothing can be removed or changed without showing. Anybody can check it.
ledger-how = The ledger is a hash tree (Merkle, RFC 6962). About a second after a publication its root is signed as a checkpoint. Keep a checkpoint, and you can show later that what stood before it was neither changed nor cut.
ledger-newest = The newest checkpoint
ledger-size = Entries in the ledger
ledger-root = Root of the tree
ledger-at = Signed at
ledger-note = The signed text
ledger-take-newest = Take the newest checkpoint
ledger-feed = Atom feed
ledger-keep-title = Keep a checkpoint elsewhere
ledger-keep = Keep the signed text on your own machine, at another agency, or on paper. In doubt, whoever holds the database runs the check with that very text.
ledger-keys = Keys of the ledger
ledger-keys-lead = Take the key from a source you trust, such as a paper of the coordination office, and compare it with the one here.
ledger-key = Verifier key
ledger-since = From
ledger-until = Until
ledger-witnesses = Witnesses
ledger-holder = Agency
ledger-no-witness = No agency signs as a witness yet.
ledger-checkpoints = Checkpoints
ledger-from = From entries
ledger-to = To entries
ledger-new-first = Newest first
ledger-old-first = Oldest first
ledger-count = { $count ->
    [one] { $count } checkpoint
   *[other] { $count } checkpoints
}
ledger-signers = Signatures
ledger-none = The ledger has no entry yet.
ledger-none-next = It begins when a result is published.
ledger-checkpoint-title = A checkpoint
ledger-back = Back to the result
ledger-result-title = Proof: { $unit }, { $year }
ledger-result-lead = This result stands in the public ledger. The file of the proof can be checked by itself, without asking this site again.
ledger-result-where = Its place in the ledger
ledger-result-stands = Entry { $position } of { $size }, by the checkpoint signed at { $at }.
ledger-result-checkpoint = See the checkpoint
ledger-result-take = Download the proof
ledger-result-by-command = Check it by command
ledger-result-said = What the ledger says
ledger-result-published = Published at { $at }.
ledger-result-text = The texts, letter by letter
ledger-leaf = Entry
ledger-waits = The result was just published and waits for the signature. Please load the page again in a few seconds.
ledger-link = Proof
ledger-field-unit = Number of the unit in the system
ledger-field-unit-name = Name of the unit
ledger-field-set = Criteria set
ledger-field-period = Year
ledger-field-status = Verdict
ledger-field-confidence = Confidence of the grounds
ledger-field-criteria = Criterion by criterion
ledger-field-ruletext = Hash of the criteria set's text
ledger-field-version = Version of the criteria set
ledger-field-revision = Last line of history read
ledger-field-passed = Criteria passed
ledger-field-total = Criteria judged
ledger-field-judged-at = Judged at
ledger-field-salt = Random salt
ledger-field-v = Version of the format
ledger-field-kind = Kind of entry
ledger-unsigned = The signature is wrong, or not by a known key.
ledger-malformed = The text sent is not in the right format.
ledger-set-back = The tree does not go on from the checkpoint of { $size } entries: the database was set back, or made anew.
ledger-other-key = This data folder does not hold the key { $key }, by which the database knows the ledger: the database was restored or moved.
ledger-broken = Files of the ledger, or the tree in the database, cannot be read or written; the program's log says which.
ledger-refused = The ledger is not being signed. { $why }
ledger-refused-waiting = { $count ->
    [one] { $count } entry waits; what was published since then has no proof yet.
   *[other] { $count } entries wait; what was published since then has no proof yet.
}
ledger-refused-how = { $why } Bring the old “keys” folder back into the data folder. Where the database was restored or moved on purpose, run: langso audit admit-restore --reason "REASON". The reason goes into the public ledger.
ledger-refused-notice = The public ledger is not being signed any more. The page on how the system is doing says why, and what to do.
ledger-waiting = { $count ->
    [one] { $count } entry waits to be signed.
   *[other] { $count } entries wait to be signed.
}
ledger-not-inside = The entry is not in the tree of the checkpoint.
ledger-newest-is = Public ledger: { $size } entries, root { $root }
ledger-rotated = From now on the ledger is signed by the key { $key }
ledger-admitted = The ledger now says the reason; signing goes on.
ledger-nothing-to-admit = The ledger goes on from its last checkpoint, and its key is in this folder: there is nothing to admit.
ledger-no-reason = Give the reason
ledger-witness-made = The key is made. Send this verifier key to the administrator:
ledger-witness-added = { $holder } is now a witness of the ledger
ledger-cosigned = The ledger goes on from the checkpoint before; signed.
ledger-proof-holds = The proof holds: entry { $position } of { $size }, signed by the ledger with { $keys }
ledger-proof-witnessed = Witnesses that signed, by keys you gave: { $keys }
ledger-proof-named = Witnesses that only the file itself names, not checked against a key of yours: { $keys }. Whoever makes a file may use that name; give the key of the witness by --key.
ledger-proof-own-keys = The keys were taken from this very file; compare them with keys from a source you trust: { $keys }
ledger-counts = Public ledger: { $leaves } entries, { $checkpoints } checkpoints
ledger-leaf-altered = entry { $n } ({ $subject }) was changed after it was written
ledger-leaf-removed = entry { $n } was removed
ledger-node-altered = the tree above entry { $n } was changed
ledger-other-tree = the checkpoint of { $n } entries is of another tree
ledger-cut-off = the checkpoint has { $n } entries, the ledger now has fewer: it was cut or set back
ledger-checkpoint-unsigned = the checkpoint of { $n } entries is not signed by the ledger
ledger-check-title = Check it in this very browser
ledger-check-key = The key you trust (compare it with the one on paper, or paste yours)
ledger-check-do = Check
ledger-check-good = It holds: the entry stands in the ledger, and the ledger is signed by that key.
ledger-check-cannot = This browser cannot check it; please use the command below.
ledger-confidence-verified = held against the text
ledger-confidence-recalled = to be confirmed
ledger-confidence-unknown = some are unknown, to be confirmed
