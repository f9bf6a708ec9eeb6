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
law-sort-name = name
law-sort-id = id
