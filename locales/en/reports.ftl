# Telling of a mistake
report-title = Report a mistake
report-lead = If a figure, a requirement or a wording is wrong, please tell us. No login is needed.
report-page = Page
report-no-page = It is not clear which page has the mistake; say so in the text, or open that page and choose "Report a mistake" at its foot.
report-what = What is wrong, what is right, by which document
report-contact-label = How to reach you (optional)
report-privacy = Only the officers who answer read the text and the contact; public pages never show them.
report-send = Send
report-wrong = Not sent yet; see below.
report-text-short = Please write at least 10 characters.
report-text-long = The text is longer than { $most } characters.
report-contact-long = The contact is longer than { $most } characters.
report-leave-empty = Leave this field empty
report-too-many = This page has had many reports just now; please try again in an hour.
report-receipt = Report number { $id }
report-day = Sent on
report-address = Address to look it up
report-keep-address = Received. Keep the address above: the answer will stand there.
report-open = waiting for an answer
report-answered = answered
report-answer = Answer
report-list = Reported mistakes
report-search = Number, page or text
report-state = State
report-number = Number
report-text = Text
report-contact = Contact
report-count = { $count ->
    [one] one report
   *[other] { $count } reports
}
report-none = No report.
report-sort-newest = newest first
report-sort-oldest = oldest first
report-sort-page = by page
report-answer-label = The answer, public at the report's address; no personal data
report-answer-send = Answer
report-answer-missing = Please write the answer.
report-answered-before = Somebody has answered this report already; that answer stands.
report-erase = Erase the contact
report-erase-own = Erase my contact
report-erase-text = This report still keeps how to reach you as you wrote it. Once erased it cannot be brought back; the report and its answer stay.
report-erase-reason = Why the contact is erased, kept in the trail; no personal data
report-no-contact = This report keeps no contact.
report-reason-long = The reason is longer than { $most } characters.
