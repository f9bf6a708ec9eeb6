# Where a problem is
place-line = line { $line }
place-cell = sheet "{ $sheet }", cell { $cell }
place-field = field { $field }
place-option = option { $option }

# What an indicator asks for
req-at-least = At least { $limit }
req-at-most = At most { $limit }
req-exactly = Exactly { $limit }
req-no-case = No case ({ $limit })
req-more-than = More than { $limit }
req-less-than = Less than { $limit }
req-achieved = Requirement met
req-achieved-delegated = Requirement met, as detailed by { $who }
req-unknown = The requirement is not known yet, to be confirmed
req-limit-unknown = The threshold is not known yet, to be confirmed
req-limit-delegated = Threshold to be set by { $who }; not set yet, to be confirmed
req-all = All parts met
req-any = At least one part met
req-region-excluded = Does not apply in this region
req-condition = { $requirement } (applies when: { $condition })
req-illustrative = { $requirement } (illustrative threshold, not law)
limit-percent = { $number }%
limit-unit = { $number } { $unit }
limit-level = level { $number }
limit-plain = { $number }
who-province = the provincial People's Committee
who-ministry = the competent ministry
who-other = the competent authority

# Problems of a table of values
values-too-large = the file is larger than 50 MB; split it or ask the administrator
values-too-many-rows = the file has more than 1,000,000 rows; split it or ask the administrator
values-not-utf8 = has characters that are not UTF-8; save the file as UTF-8
values-no-header = the file is empty, it has no header line
values-heading-missing = column "{ $heading }" is missing in the header
values-heading-twice = column "{ $heading }" stands twice in the header
values-no-value-column = column "value" is missing (or both "numerator" and "denominator")
values-open-quote = a double quote is opened and never closed
values-after-quote = there are characters after the closing double quote
values-too-many-cells = has { $found } cells, more than the { $wanted } columns of the header
values-unit-missing = the unit code is missing
values-unit-unknown = no unit has the code "{ $code }" on { $day }
values-unit-unknown-file = no unit has the code "{ $code }" in the units file
values-unit-level = unit "{ $code }" is not of the level this set judges
values-period = period "{ $period }" is not a year of four digits
values-as-of = the day "{ $day }" in unit_as_of is not of the form YYYY-MM-DD
values-as-of-differs = the rows of unit "{ $code }", period { $period } name different days in unit_as_of
values-indicator-missing = the indicator is missing
values-indicator-unknown = this set has no indicator "{ $indicator }"
values-composite = indicator "{ $indicator }" has parts and takes no value of its own
values-region = indicator "{ $indicator }" does not apply in this unit's region
values-duplicate = repeats line { $line }: same unit, period and indicator
values-separator = the columns are separated by neither comma, semicolon nor tab; save the file as CSV or .xlsx
values-evidence-long = the evidence is longer than { $most } characters; give a document's number or an address
values-evidence-text = the evidence holds control characters; write it on one line
values-duplicate-item = repeats { $item }: same unit, period and indicator
values-both = give a value, or numerator and denominator, not both
values-half-fraction = numerator and denominator must both be given
values-fraction-kind = indicator "{ $indicator }" is no percentage and takes no numerator and denominator
values-denominator = the denominator must be above 0
values-numerator = the numerator must be between 0 and the denominator
values-not-number = "{ $value }" is not a number
values-not-yes-no = "{ $value }" is neither met (true) nor not met (false)
values-ambiguous = "{ $value }" can be read in two ways: { $decimal } or { $thousands }; write it plainly
values-unit = the unit "{ $unit }" is not declared for this indicator; write it in: { $known }
values-percent = { $value } is outside 0 to 100%
values-negative = { $value } is negative
values-not-whole = { $value } is not a whole number
values-not-applicable = indicator "{ $indicator }" always applies, n/a is not allowed
values-held = a held: row takes true or false only
values-held-self = there is no held: of the set that is being judged
units-code-missing = the unit code is missing
units-code-twice = unit code "{ $code }" stands twice

# Options of evaluate
evaluate-set-unknown = there is no criteria set "{ $set }"
evaluate-file = cannot read the file "{ $file }": { $reason }
evaluate-day = "{ $day }" is not a day of the form YYYY-MM-DD
evaluate-overlay = the overlay does not fit: { $reason }
evaluate-overlay-indicator = overlay "{ $overlay }" names indicator "{ $no }", which set "{ $set }" does not have
evaluate-no-sheet = no sheet has the columns unit_code, period, indicator in its first row
evaluate-lang = there is no language "{ $lang }"; choose vi or en

# Verdicts
status-passed = met
status-failed = not met
status-incomplete = figures missing
status-not-applicable = does not apply
status-to-be-confirmed = to be confirmed
status-passed-unconfirmed = met, on a threshold to be confirmed

# What if
whatif-other-requirement = Asked for before: { $old }. This set asks for: { $new }
whatif-no-figure = No figure yet. This set asks for: { $new }
whatif-no-counterpart = No corresponding figure. This set asks for: { $new }
whatif-title = What if, under another set
whatif-summary = { $different } indicators come out otherwise, { $without } have no corresponding figure, { $unknown } have an unknown requirement.
nearest-title = What would it take
nearest-lead = Indicators not met, the nearest to their threshold first.

# Units
unit-works = { $count ->
    [one] work
   *[other] works
}
unit-establishments = { $count ->
    [one] establishment
   *[other] establishments
}
unit-households = { $count ->
    [one] household
   *[other] households
}
unit-litres-person-day = { $count ->
    [one] litre per person per day
   *[other] litres per person per day
}
unit-fields = { $count ->
    [one] field
   *[other] fields
}
unit-square-metres-person = { $count ->
   *[other] m² per person
}
unit-models = { $count ->
    [one] model
   *[other] models
}
unit-people = { $count ->
    [one] person
   *[other] people
}
unit-villages = { $count ->
    [one] village
   *[other] villages
}
unit-million-dong-person-year = { $count ->
   *[other] million dong per person per year
}
unit-schools = { $count ->
    [one] school
   *[other] schools
}
unit-points = { $count ->
    [one] point
   *[other] points
}

# Why a verdict is what it is
why-amount-percent = { $count ->
    [one] { $number } percentage point
   *[other] { $number } percentage points
}
why-recorded = Recorded: { $value }. Asked for: { $requirement }.
why-recorded-unknown = Recorded: { $value }, but the requirement is not known, so nothing is concluded. Asked for: { $requirement }.
why-value-yes = met
why-value-no = not met
why-value-fraction = { $numerator }/{ $denominator } (about { $percent }%)
why-passed = The figure { $value } meets the requirement. Asked for: { $requirement }.
why-failed = The figure { $value } does not meet the requirement. Asked for: { $requirement }.
why-failed-by = The figure { $value } does not meet the requirement; it is { $amount } away from the threshold. Asked for: { $requirement }.
why-incomplete = There is no figure yet. Asked for: { $requirement }.
why-unknown = The figure is { $value }, but the threshold is not known, so nothing is concluded. Asked for: { $requirement }.
why-region = Does not apply in this unit's region.
why-condition = Does not apply, because this is not the case here: { $condition }.
why-whole = { $reason } Verdict: { $status }.
why-all-passed = All { $count } members are met.
why-any-passed = Met: { $members }.
why-any-failed = No member is met.
why-members-failed = Not met: { $members }.
why-members-incomplete = Figures missing: { $members }.
why-members-to-be-confirmed = To be confirmed: { $members }.
why-none-apply = No member applies to this unit.
why-nothing-listed = The content of this criterion is not known yet, to be confirmed.
why-lists-too-few = Only { $listed } of the { $counted } indicators of the decision are listed; the rest is to be confirmed.
why-unconfirmed = { $reason } The threshold used has not been confirmed.
why-member = { $no } { $name }
