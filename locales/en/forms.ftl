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

forms-of = { $unit }, { $year }
forms-in-unit = Unit: { $unit }
forms-to-confirm = To be confirmed: the official text of this form was not seen ({ $source }).
forms-working = Figures that are worked on, not published.
forms-source-unit = Unit
forms-source-verdict = Verdict
forms-source-figure = Figure
forms-source-row = Row
forms-source-passed = { $verdict }; set: { $count } criteria met
forms-source-mark = history up to line { $revision }; criteria set SHA-256 { $hash }
forms-source-line = history line { $revision }
forms-col-form = Form
forms-col-cell = Cell
forms-col-row = Content
forms-col-kind = Kind of source
forms-col-unit = Unit number
forms-col-name = Unit
forms-col-year = Year
forms-col-what = Set, measure
forms-col-said = Value
forms-col-mark = Trace
forms-sources = Sources
forms-title = Report forms
forms-lead = Forms are filled from verdicts and figures; every number opens its sources. Forms that are recalled are marked “to be confirmed”.
forms-search = Find by code or title
forms-level = Level
forms-level-province = Province
forms-level-district = District
forms-level-commune = Commune
forms-level-village = Village
forms-code = Code
forms-name = Title
forms-filled = Filled
forms-filled-here = by the program
forms-filled-later = by a later part
forms-origin = From
forms-origin-shipped = the program
forms-origin-province = the province
forms-confirm = to be confirmed
forms-count = { $count ->
    [one] { $count } form
   *[other] { $count } forms
}
forms-none = No form fits.
forms-refused = Forms of the province that cannot be used
forms-unit = Reporting unit
forms-choose = Show
forms-download-xlsx = Excel
forms-download-docx = Word
forms-download-pdf = PDF
forms-download-toml = The form's file
forms-why = Why?
forms-why-of = Why { $value }: { $row }, { $column }
forms-why-title = Where this number comes from
forms-why-lead = { $code }, cell { $cell }, { $unit }, { $year }.
forms-why-count = { $count ->
    [one] { $count } source
   *[other] { $count } sources
}
forms-why-none = This cell is made from no number.
forms-not-of-unit = This form is not of the level of the unit chosen.
forms-template-tags = The province's template cannot be used. Unknown tags: { $unknown }. Missing tags: { $missing }.
forms-template-broken = The province's template cannot be read: { $why }
forms-return-title = Consolidated report
forms-document-agency = ỦY BAN NHÂN DÂN { $unit }
forms-document-number = Số:        /BC-UBND
forms-document-place = { $place }, ngày { $day } tháng { $month } năm { $year }
forms-document-kind = BÁO CÁO
forms-document-summary = Results of the national criteria for new rural areas in { $year }
forms-document-to-province = To: Ministry of Agriculture and Environment
forms-document-to-commune = To: the provincial People's Committee
forms-document-first = The People's Committee of { $unit } reports the results of the national criteria for new rural areas in { $year }:
forms-document-communes = { $unit } has { $count } communes in the Programme on { $day }.
forms-document-verdicts = Under { $set }: { $passed } communes passed, { $unconfirmed } of them on a level to be confirmed; { $without } have no verdict.
forms-document-trace = Every number of the forms attached opens its sources at { $address }; they are in the Excel file, too.
forms-document-confirm = The forms attached are recalled and must be held against the official text before signing.
forms-document-recipients = Recipients:
forms-document-copy = - As above;
forms-document-archive = - Archive: VT.
forms-document-authority = ON BEHALF OF THE PEOPLE'S COMMITTEE
forms-document-chair = CHAIR
forms-document-annex = Form attached no.
forms-document-nation = CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM
forms-document-motto = Độc lập - Tự do - Hạnh phúc
meta-forms = Report forms of the new rural programme, filled from verdicts and figures.
forms-side = Figures
forms-side-published = published
forms-side-working = worked on
forms-files = Files of the form
forms-back = Back to the form
