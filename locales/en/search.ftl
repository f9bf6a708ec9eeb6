# Search
search-title = Search
search-page-label = Search the whole site
search-count = { $count ->
    [one] { $count } result.
   *[other] { $count } results.
 }
search-guessed = Nothing is written exactly like “{ $q }”. Did you mean
search-none = Nothing was found for “{ $q }”.
search-kinds = Kinds of results
search-all = All
search-more = See all { $count }: { $kind }
search-meant = Did you mean…
search-ways = Other ways
search-way-words = Type the name of a commune (with or without diacritics), the code of a unit, the number of an indicator such as 17.1, or of a decision such as 318/QĐ-TTg.
search-way-units = Browse units by province, district and commune
search-way-sets = Browse the criteria sets
search-way-measures = Browse what figures measure
search-now = now { $names }
search-ended = until { $day }
search-decision = Decision { $number }
search-criterion = Criterion { $no }. { $name }
search-indicator = Indicator { $no }. { $text }
search-page-home = Home: results of the province
search-page-api = Programming interface (API)
search-group-units = Units
search-group-agencies = Agencies
search-group-sets = Criteria sets
search-group-criteria = Criteria
search-group-indicators = Indicators
search-group-measures = Measures
search-group-decisions = Decisions
search-group-pages = Pages
search-found = { $count ->
    [one] { $count } suggestion.
   *[other] { $count } suggestions.
 } Choose with the arrow keys.
search-found-none = No suggestions
