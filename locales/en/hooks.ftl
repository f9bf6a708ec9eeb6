### Webhooks: telling programs elsewhere

ops-nav-webhook = Webhooks
hook-title = Webhooks
hook-lead = When something chosen happens, Làng Số calls the address of a program elsewhere, signed as Standard Webhooks asks. By https only, and never into a private network.
hook-search = Search by name or address
hook-count = { $count ->
    [one] { $count } address
   *[other] { $count } addresses
}
hook-none = There is no address yet.
hook-name = Name
hook-made = Added
hook-url = Address
hook-events = Told of
hook-event = What happened
hook-number = Number of the call
hook-at = At
hook-state-on = Called
hook-state-off = Off
hook-state-failed = Stopped: failed too long
hook-failing = failing since { $at }
hook-add = Add an address
hook-trial = Call on trial
hook-turn-on = Turn on
hook-turn-off = Turn off
hook-secret-shown = The secret of this address, shown this once:
hook-secret-next = Enter it in the program that receives, to check signatures. Then:
hook-made-before = This address was added before; its secret was shown the first time only.
hook-sort-oldest = Oldest first
hook-sort-name = By name
hook-calls = Calls
hook-call-search = Search by what happened or by number
hook-call-count = { $count ->
    [one] { $count } call
   *[other] { $count } calls
}
hook-call-none = There was no call yet.
hook-call-waiting = Waiting
hook-call-sent = Taken
hook-call-dead = Given up
hook-event-figures-published = Figures of a commune were published
hook-event-report-told = Somebody reported a mistake
hook-event-report-answered = A report was answered
hook-event-webhook-trial = On trial
hook-name-bad = A name is needed, of 100 characters at most.
hook-url-bad = Must be an address https://…
hook-url-private = This address lies in a private network; Làng Số does not call there.
hook-url-login = No name or password belongs into the address.
hook-events-bad = Choose at least one thing.
hook-json-bad = What is sent must be JSON with name, url, events.
hook-is-off = This address is off.
hook-not-dead = Only a call that was given up can be made again.
notice-hook-failed = The webhook “{ $name }” failed for days and is called no more.
cli-serve-webhook-loopback = Webhooks may call this machine itself by http; for development only
right-read-webhooks = See webhooks
right-keep-webhooks = Add webhooks, turn them off
hook-state-gone = deleted
hook-gone = This address was deleted and is called no more. How its calls went stays as long as calls are kept.
hook-secret-old = Until { $at } each call carries a signature by the old secret and by the new one.
hook-changed-before = The secret was changed and shown once.
hook-secret-text = Change the secret: for a day calls are signed by the old one beside the new one, so that whoever receives them has time.
hook-secret-change = Change the secret
hook-delete-text = Delete the address: it is called no more, calls that wait are given up; how they went stays as long as calls are kept.
hook-delete = Delete the address
