### Jobs, letters, how the site is doing

ops-nav = Running the site
ops-nav-tinh-trang = Health
ops-nav-viec = Jobs
ops-nav-thu = Letters
jobs-title = Jobs
jobs-lead = What the program does after somebody sent it: taking in large files, judging again, sending letters. A job that failed after several tries stays here until somebody looks.
jobs-search = Search by job or by what went wrong
jobs-count = { $count ->
    [one] { $count } job
   *[other] { $count } jobs
}
jobs-none = There is no such job.
jobs-number = Number
jobs-job = Job
jobs-state = State
jobs-progress = Progress
jobs-tries = Tries
jobs-problem = What went wrong last
jobs-queued = Queued at
jobs-ended = Ended at
jobs-do = Do
jobs-due = not before { $at }
jobs-tried = { $count ->
    [one] tried once
   *[other] tried { $count } times
}
jobs-retry = Do again
jobs-cancel = Cancel
jobs-sort-oldest = Oldest first
jobs-sort-name = By job
jobs-waits-already = A job like this waits already; this one need not be done again.
jobs-not-ended = Only a job that failed or was cancelled can be done again.
jobs-has-ended = This job has ended and cannot be cancelled any more.
job-phase-mail = sending letters
mail-title = Letters
mail-server-is = Letters go out by { $server }.
mail-no-server = No mail server is named (--smtp-url): letters wait for it, for a week at most.
mail-text = What a letter says is sealed while it waits and gone once it was sent; this page has addresses and subjects only. Each reading of this page is a line of the audit trail.
mail-search = Search by name, address, subject
mail-count = { $count ->
    [one] { $count } letter
   *[other] { $count } letters
}
mail-none = There is no such letter.
mail-number = Number
mail-name = To
mail-address = Address
mail-subject = Subject
mail-at = Written at
mail-state-waiting = Waiting
mail-state-sent = Sent
mail-state-dead = Could not be sent
mail-state-expired = Out of date
mail-state-cancelled = Cancelled
mail-retry = Send again
mail-sort-oldest = Oldest first
mail-sort-address = By address
mail-not-dead = Only a letter that was given up and is not out of date can be sent again.
mail-not-waiting = This letter does not wait any more.
mail-trial = Send a letter on trial
mail-trial-address = To the address
mail-trial-send = Send it
mail-address-bad = This is not an address of a mailbox.
health-title = How the site is doing
health-backups = Backups
health-backup-late = There has been no backup for more than a day.
health-backup-how = Run “langso backup -o FILE” on the server every day, and copy the file to another place.
health-backup-none = There is no backup of this database yet.
health-backup-at = At
health-backup-file = File
health-backup-rows = Holds
health-backup-size = { $rows } rows, { $files } files
health-backup-head = Head of the audit chain
health-database = Database
health-engine = { $engine } { $version }, { $megabytes } MB
health-unsealed = { $count ->
    [one] { $count } audit line waits to be sealed.
   *[other] { $count } audit lines wait to be sealed.
}
health-ledger = Public ledger
health-ledger-last = The newest checkpoint was signed at { $at }.
health-ledger-none = There is no checkpoint yet.
health-ledger-waiting = { $count ->
    [one] { $count } entry waits to be signed.
   *[other] { $count } entries wait to be signed.
}
health-ledger-refused = The public ledger is not being signed. { $why }
health-ledger-how = Bring the old “keys” folder back into the data folder. Where the database was restored or moved on purpose, run on the server: langso audit admit-restore --reason "REASON". Where nobody meant it, do not sign on: leave everything as it is and check it by langso audit verify.
health-rooms = Versions of the tables
health-jobs = Jobs
health-jobs-none = No job waits, runs or has failed.
health-mail = Letters
cli-serve-smtp-url = Mail server: smtp://USER@HOST:587 (STARTTLS) or smtps://USER@HOST:465; without it letters wait, a week at most
cli-serve-mail-from = Sender of all letters: NAME <MAILBOX@HOST>
cli-serve-smtp-password-file = File with the password of the mail server; or the variable LANGSO_SMTP_PASSWORD
cli-serve-smtp-ca = File with the certificate (PEM) by which the mail server is known, beside those of the system
cli-smtp-url = must look like smtp://USER@HOST:PORT or smtps://USER@HOST:PORT
cli-smtp-password = the password does not belong into the address; use --smtp-password-file or the variable LANGSO_SMTP_PASSWORD
cli-smtp-plain = smtp+plain:// is not encrypted, and only for a mail server on this machine itself (localhost)
cli-mail-from = must be a mailbox, for example: Lang So <langso@province.example>
cli-smtp-ca = the certificate in this file cannot be read
