calendar-title = Working days
calendar-of-year = Working days of { $year }
calendar-sentence = { $year } has { $count } working days.
calendar-scope = The calendar of State bodies whose weekly days off are Saturday and Sunday: the days below differ from their day of the week. Every term in working days is counted by this calendar.
calendar-unsure = Some days of this year are still to be confirmed.
calendar-unsure-next = A day without an official announcement does not count as a day off yet; a deadline that runs over it says “to be confirmed”. The coordination office updates the calendar when the announcement comes.
calendar-years = Choose a year
calendar-caption = Holidays, days off in lieu and days worked in lieu in { $year }
calendar-day = Day
calendar-weekday = Day of the week
calendar-name = Name
calendar-name-vi = Name (Vietnamese)
calendar-name-en = Name (English)
calendar-kind = Kind of day
calendar-kind-holiday = holiday
calendar-kind-day_off_in_lieu = day off in lieu or by exchange
calendar-kind-working_day_in_lieu = worked in lieu
calendar-kind-removed = take out of the calendar (an ordinary day again)
calendar-none = There is no calendar of { $year } yet.
calendar-none-next = The coordination office enters the holidays when they are announced; until then every deadline of this year says “to be confirmed”.
calendar-weekday-1 = Monday
calendar-weekday-2 = Tuesday
calendar-weekday-3 = Wednesday
calendar-weekday-4 = Thursday
calendar-weekday-5 = Friday
calendar-weekday-6 = Saturday
calendar-weekday-7 = Sunday
calendar-verified = announced
calendar-expected = expected, to be confirmed
calendar-term-title = Work out a term
calendar-term-from = From
calendar-term-count = Working days
calendar-term-ask = Work out
calendar-term-rule = The first day is not counted; a negative number counts back.
calendar-term = { $count ->
    [one] { $count } working day
   *[other] { $count } working days
} after { $from }: { $weekday }, { $to }.
calendar-term-before = { $count ->
    [one] { $count } working day
   *[other] { $count } working days
} before { $from }: { $weekday }, { $to }.
calendar-term-wrong = The term could not be worked out.
calendar-no-count = “{ $text }” is not a number of days from -1000 to 1000.
calendar-no-year = “{ $text }” is not a year.
calendar-new = Add a day to the calendar
calendar-edit = Edit { $day }
calendar-saved = The calendar is saved. Deadlines are counted by it.
calendar-reason = Why it is changed
calendar-moves-deadlines = A change moves every deadline that runs over this day; the audit trail keeps who, why and by which document.
calendar-stands = It stands now as: { $kind }, “{ $name }”, by { $source }.
calendar-no-day = No day is chosen.
calendar-other-year = This day is not of the year that is edited.
calendar-kind-unknown = No kind of day is chosen.
calendar-not-a-day-off = A day worked in lieu must be a Saturday or a Sunday.
calendar-a-day-off = A day off in lieu must be a working day of the week.
calendar-name-empty = The name is missing.
calendar-confidence-unknown = How sure it is has not been chosen.
calendar-reason-empty = The reason is missing.
calendar-nothing = Nothing is changed.
calendar-twice = This day stands twice in one change.
calendar-not-there = This day is not in the calendar, so it cannot be taken out.
calendar-there-already = This day is in the calendar already: open its line to edit it.
calendar-changed = { $count ->
    [one] Somebody else has just changed one of these days
   *[other] Somebody else has just changed { $count } of these days
}, so yours is not saved. If yours is right, press Save again.
