### Quality checks of figures

check-title = Quality checks of figures
check-lead = Each check doubts a figure and says why; none decides what passes. They are counted over the years to see which are of use: a figure that is changed after it was doubted shows a useful check, one that is always answered by a note should be dropped.
check-search = Find a check
check-sort-file = As the file has them
check-sort-name = Name
check-sort-hits = Most hits
check-sort-gone = Most changed
check-count = { $count } checks
check-off = dropped
check-unsure = threshold to be confirmed
check-measures = Figures: { $measures }
check-name = Check
check-year = Year
check-standing = Doubted now
check-answered = Answered
check-gone = No more (changed)
check-units = Communes
check-none = Never found anything yet.
check-no-such = There is no such check.
check-circle-district = district
check-circle-group = group of communes
check-circle-province = province
check-yes = met
check-no = not met
right-read-checks = Read what quality checks of figures found
