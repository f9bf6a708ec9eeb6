### Report forms: read from files, filled from verdicts and figures.

forms-bad-toml = The form cannot be read: { $message }
forms-bad-id = The id “{ $id }” must be letters without marks, digits and hyphens, at most 40.
forms-bad-size = A form has 1 to { $columns } columns and at most { $rows } rows.
forms-no-title-column = The form has no column for the content's words (holds = "title").
forms-no-such-set = There is no criteria set “{ $set }”.
forms-no-such-measure = There is no measure “{ $measure }”.
forms-no-such-criterion = The set “{ $set }” has no criterion { $no }.
forms-no-such-row = No row has the id “{ $id }”.
forms-id-twice = The id “{ $id }” is used twice.
forms-sum-circle = Row “{ $id }” adds itself.
forms-later-names-room = A column that another part fills (holds = "later") names that part (later), and no other column does.
forms-over-differs = Shared headings (over_vi, over_en) must have equally many lines.
forms-bound-twice = A row is bound to one thing: count, figure, sum, later or rows_of.
forms-row-no-title = The row has no words in both languages (title_vi, title_en).
forms-row-no-set = This row needs a criteria set (set).
forms-own-each = A row for each unit cannot read the figures of the form's own unit.
forms-set-of-another-level = The set “{ $set }” is not of the form's level.
forms-bad-each = Rows are made for each district or commune only (each).
forms-later-programme = plans and funds: filled by a later part
forms-later-recognition = decisions of recognition: filled by a later part
forms-later-registers = lists of special difficulty: filled by a later part
forms-no-set = the set does not apply yet
forms-no-units = no units yet
forms-no-figure = no figure yet
forms-without = { $count ->
    [one] { $count } commune without a verdict
   *[other] { $count } communes without a verdict
}
forms-year = { $year }
