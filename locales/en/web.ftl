# What can go wrong with any page
problem-internal = The server failed while answering
problem-method = This cannot be done at this address.
problem-next-forbidden = Published figures are open to everybody. Figures are written only at the server itself, once its administrator allows writing.
problem-next-internal = Nothing was recorded. Please try again in a few minutes; if it fails again, give the administrator the number of this request: { $id }
problem-next-input = Please correct what is named and send it again.
problem-next-other-site = Please open the page within Làng Số and send it from there.
problem-no-version = The If-Match header is missing: name the version you saw before editing.
problem-too-large-kilobytes = more than { $kilobytes } KB in one request
problem-too-large = more than { $megabytes } MB sent at once
problem-broken-off = what was sent broke off; send it again
problem-next-busy = Please try again in a few minutes.
problem-field-missing = has no value
problem-field-unread = this value cannot be read
problem-no-form = What was sent is no form
problem-timeout = The answer took too long and was stopped
problems-title = Problems that the API names
problems-lead = The type of each answer that says a problem (RFC 9457) leads to a line here.
