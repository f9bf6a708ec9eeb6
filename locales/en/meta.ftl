# What pages tell search engines
meta-home = New Rural Development in { $name }: how many communes pass, which are nearest, year by year, with the law and the source of every figure.
meta-home-data = New Rural Development verdicts of communes, { $name }
meta-communes = The list of communes with their verdicts under each criteria set and year: filter, order, take away as a spreadsheet.
meta-commune = Which New Rural Development criteria { $name } meets, what is missing and why: every figure with its source, its threshold and the decision.
meta-commune-data = New Rural Development figures and verdicts of { $name }
meta-unit = { $name } (code { $code }): what it belongs to, what it was before and after reorganisations, and since when.
meta-set = { $name }: every criterion and indicator with its threshold, decision and confidence.
meta-sets = The New Rural Development criteria sets of each period, every number with its decision and confidence.
meta-measures = What figures measure: definitions, units and how they add up; to be taken away as a table.
meta-map = A map of communes by verdict, criterion or indicator and year, with a table that needs no map.
meta-sources = Where figures come from, how they are computed, how sure they are and which are made up.
og-locale = en_GB
meta-indicator = { $name }: what is asked, where, how sure, and which communes meet it, with files.
meta-compare = Criteria sets side by side by measure: same, similar, new, not asked, unknown.
meta-unsure = Numbers and definitions not yet held against a document, each with its place.
