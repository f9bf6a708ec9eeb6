# The law: sets, indicators
law-criterion = Criterion
law-count = { $count ->
    [one] one indicator or part
   *[other] { $count } indicators and parts
}
law-sort-law = as in the decision
law-sort-file = as listed
law-sort-text = name of the indicator
law-sort-confidence = confidence, unclear first
law-sort-measure = measure
law-sort-difference = difference
law-sort-name = name
law-sort-id = id

# Sets side by side; "the first set" is the one the others stand beside
compare-sheet = Comparison
compare-title = Criteria sets side by side, by measure
compare-lead = Each line is a measure. The sets stand beside the first one: the same, similar, new, not asked, or unknown because the law is not confirmed. Thresholds are those of the region { $region }.
compare-nothing = nothing asked
compare-same = The same in both: { $other }
compare-stricter = Stricter. First set: { $first }. This set: { $other }
compare-looser = Easier. First set: { $first }. This set: { $other }
compare-groups = Another threshold, or other groups. First set: { $first }. This set: { $other }
compare-operator = Compared in another way. First set: { $first }. This set: { $other }
compare-condition = Applies under another condition. First set: { $first }. This set: { $other }
compare-measure = Similar, but figures are not shared ({ $note }). First set: { $first }. This set: { $other }
compare-new = New, not in the first set: { $other }
compare-kept = Not repeated here, but the first set must be held as well: { $first }
compare-dropped = Not asked by this set. First set: { $first }
compare-unknown = Cannot be compared: the law is not confirmed. First set: { $first }. This set: { $other }
compare-not-listed = Not known: one of the two sets is not entered whole. First set: { $first }. This set: { $other }
compare-absent = Neither set asks for it
compare-kind-same = Same
compare-kind-similar = Similar
compare-kind-new = New
compare-kind-kept = Not repeated, still to be held
compare-kind-dropped = Not in this set
compare-kind-unknown = Unknown
compare-first = First set
compare-other = Beside
compare-third = And beside
compare-no-third = none
compare-show = Compare
compare-kinds = Difference
compare-counts = Measures of each set beside the first, { $set }
compare-count = { $count ->
    [one] one measure
   *[other] { $count } measures
}
compare-search = Indicator or measure
compare-none = No measure matches.
compare-difference = Beside the first set
compare-difference-of = Beside the first set: { $set }
compare-from-sets = Compare sets by measure
compare-law-only = Only what the law says is compared; the demonstration's illustrative thresholds do not count.

# The page of an indicator
law-path = Path
law-sentence = { $passed }/{ $all } communes met this indicator in { $year }{ $unconfirmed ->
    [0] {""}
   *[other] , { $unconfirmed } of them on a threshold to be confirmed
}{ $without ->
    [0] .
   *[other] ; { $without } have no published figure.
}
law-sentence-units = { $passed }/{ $all } units met this indicator in { $year }{ $unconfirmed ->
    [0] {""}
   *[other] , { $unconfirmed } of them on a threshold to be confirmed
}{ $without ->
    [0] .
   *[other] ; { $without } have no published figure.
}
law-amended = Amended from { $day }: { $by }
law-condition = Applies only where
law-variants = What is asked of whom, { $count } lines
law-guidance = Guided by
law-computed-from = Register the figure comes from
law-whom = Of whom
law-everybody = every unit
law-others = all others
law-home = the province's region
law-every-year = every year
law-parts = Parts
law-how-communes = Communes of the province, { $year }
law-how-units = Units of the province, { $year }
law-what-if = This set does not judge { $year }: what stands below is only a trial.
law-bar = Units by result
law-spread-title = Units by value, { $year }
law-spread-value = Value
law-spread-count = Units
law-trend-title = Median by year
law-median = Median
law-median-is = Median of { $year }: { $median }.
law-table = The chart's figures
law-published-only = Published figures only.
law-several = Thresholds differ by unit or are not known, so no line is drawn.
law-list = List of communes
law-list-units = List of units
law-unit = Unit
law-units-sheet = By unit
law-value = Value
law-threshold = Threshold
law-threshold-at = threshold { $limit }
law-order-value = value, lowest first
law-order-value-down = value, highest first
law-order-verdict = result
law-order-district = district
law-units-count = { $count ->
    [one] one unit
   *[other] { $count } units
}
law-no-units = No unit matches.
law-measure = What is measured
law-in-dictionary = See the data dictionary
law-elsewhere = The same measure in other sets
law-nowhere-else = No other set uses this measure.
law-alike = Measures that only look alike; figures are not shared
measure-kind = Kind
measure-kind-boolean = met or not met
measure-kind-document = a paper: there or not
measure-kind-percent = percentage
measure-kind-count = count
measure-kind-number = number
measure-kind-money = amount of money
measure-kind-income = income
measure-kind-composite = several parts
measure-reads = Origins, in the order read
measure-decimals = Rounding
measure-decimals-text = { $count ->
    [one] shown with one decimal
   *[other] shown with { $count } decimals
}, rounded half up; judged exactly
measure-formula = Formula
measure-note = Note
measure-aggregate = Joined
measure-sum = added up
measure-count = units are counted
measure-not-comparable = never joined
measure-weighted = mean weighted by { $weight }
measure-missing-incomplete = Without one of its inputs there is no result.
measure-missing-zero = A missing input counts as nought.
measure-missing-skip = A missing input is left out.

# Data dictionary, sources and method
dictionary-title = Data dictionary
dictionary-lead = What each measure is, in which unit, which origin is read first, how it is joined and rounded, which sets use it.
dictionary-package = data package (Frictionless)
measure-uses = Used in
package-title = Data dictionary and criteria sets of the new rural programme
package-description = Measures and indicators with what is asked, citation and confidence. What is not verified says so.
unsure-title = To be confirmed
unsure-sheet = To be confirmed
unsure-lead = Everything that has not been held against a document yet. Whoever has the document, please tell: the number is entered with its citation.
unsure-count = { $count ->
    [one] one place
   *[other] { $count } places
}
unsure-none = Nothing matches.
unsure-place = Place
unsure-text = What
unsure-what = What is not sure
unsure-amendment = Amending decision
unsure-measure = Definition of the measure
unsure-similar = Two measures that only look alike
sources-unsure = { $count ->
    [one] one place to be confirmed
   *[other] { $count } places to be confirmed
}
sources-sets = Indicators and parts by confidence; the hash is that of the whole text in use
sources-time = Applies
sources-hash = Hash
sources-fingerprint = Hash of all the law in use:
sources-reference = Reference data shipped
sources-reference-text = Names, codes, points and boxes of units from the open package vietnamadminunits 1.0.4 (MIT); the list of 2022 confirmed with vietnam-provinces 0.5.0; agencies from the provincial plan of November 2022.
sources-file = File
sources-what = What
sources-lines = Lines
sources-formulas = Formulas of computed measures
sources-illustrative = illustrative, no law
sources-places = { $count ->
    [one] one place
   *[other] { $count } places
}
reference-units = Administrative units before and after the reorganisation
reference-succession = Which unit went into which, on which day
reference-groups = Groups of communes of the plan
reference-attributes = What the law reads of a unit
reference-agencies = Agencies
reference-calendar = Holidays and working days in lieu
licence-code = Program
licence-data = Published figures
licence-data-text = The project has not stated a licence for figures; ask the publishing agency before reuse.
licence-law = Numbers of the law
licence-law-text = Quoted from legal documents; each names its document and confidence. Only the original binds.
licence-names = Names and codes of units
licence-names-text = From the package vietnamadminunits 1.0.4, MIT licence.
