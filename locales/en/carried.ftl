### Figures and verdicts of the old units, seen from the new one.

carried-link = Figures carried over from the old units
carried-title = { $name }: from the old units
carried-sentence = Formed from { $count ->
    [one] one old unit
   *[other] { $count } old units
}; { $passed } of the { $judged } old units with a verdict passed in { $year }.
carried-unconfirmed = Of these, { $count } passed on a number to be confirmed.
carried-explained = Figures reported by the units in force until { $day }, added up or averaged as each measure says. The original figures stay as they are; verdicts are not carried over.
carried-verdicts = Verdicts of the old units
carried-figures = Figures
carried-caption = Figures of { $year } of the units in force until { $day }
carried-measure = Measure
carried-value = Value
carried-from = Units
carried-note = Notes
carried-none = The old units have published no figures for { $year }.
carried-nobody = This unit was not formed from any other.
carried-counted = { $yes } of { $of } met
carried-missing = No figure: { $units }.
carried-part = A part of { $unit }, whose figure as a whole is { $value }; not split.
carried-part-main = The larger part of { $unit }, whose figure as a whole is { $value }; not split.
carried-not-comparable = Neither added up nor averaged.
carried-no-weight = No mean: the background figure ({ $measure }) is missing for { $units }.
carried-zero-weight = No mean: the background figure ({ $measure }) is zero.
carried-mixed = Figures of different kinds, not joined.
