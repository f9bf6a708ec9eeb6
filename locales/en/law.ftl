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
