### One figure: where it comes from, its history, evidence, edit

figure-saved = Saved.
figure-origins = The figure by origin
figure-origin = Origin
figure-published = Published
figure-difference = Difference from the one verdicts read
figure-read = read by verdicts
figure-computed = computed from other figures
figure-working = Being worked on, not published
figure-none = { $unit } has no such figure for { $year }.
figure-by = { $actor }, { $day } at { $clock }
figure-source = Source
figure-evidence = evidence
figure-line = line { $revision }
figure-not-in-force = { $unit } did not exist in { $year }
figure-not-asked = No criteria set asks { $unit } for this figure
figure-edit = Edit the figure
figure-value = Value
figure-or-na = or n/a where it does not apply
figure-fraction = Give numerator and denominator instead of a share
figure-numerator = Numerator
figure-denominator = Denominator
figure-source-label = Grounds (number of a document, report or minutes)
figure-source-missing = Say where the figure comes from: the number of a document, report or minutes
figure-files = Evidence (pictures, PDF, Word, Excel; at most 20 MB each)
figure-file-kind = "{ $name }" is not accepted: only pictures, PDF, Word, Excel or text
figure-too-many-files = At most { $most } files at a time
figure-kept = Files already sent, no need to send them again:
figure-save = Save
figure-wrong = Not saved yet. See what is wrong at each field below.
figure-changed = Somebody else has just changed this figure, so yours is not saved yet.
figure-changed-next = If yours is right, press Save once more.
figure-yours = Yours
figure-now = What stands there now
figure-history = History
figure-kilobytes = { $count } KB
figure-about = About this figure
figure-background = background figure
figure-readers = Indicators that read this figure:
figure-origin-unknown = There is no such origin; choose declared by the commune, verified, survey or imported from another system
stage-draft = draft
stage-submitted = submitted
stage-accepted = accepted
stage-locked = locked
stage-published = published
role-reader = reader
role-local-admin = administrator at the machine
role-system = system
operation-sum = The sum of:
operation-difference = The first less the others:
operation-ratio = The first divided by the second:
operation-share = The first as a percentage of the second:
operation-min = The smallest of:
operation-max = The largest of:
operation-count-met = How many are met of:
values-nothing = Enter a value
values-composite-field = This indicator consists of parts and takes no value of its own
values-not-applicable-field = This indicator always applies, n/a is not accepted
values-fraction-field = This figure is no percentage, so it takes no numerator and denominator

### Judged again when the law in use changes

rejudged-title = Judged again when the law changes
rejudged-lead = When a new release, a provincial threshold or a confirmation changes the law in use, verdicts are judged again; figures stay, and the text that judged before is kept.
rejudged-sentence = The law changed on { $day }: { $count } published verdicts came out otherwise.
rejudged-caption = Changed verdicts, { $day }
rejudged-before = Before
rejudged-after = After
rejudged-none = Since the law in use came into this system (on { $day }) no verdict has changed.
rejudged-never = The law has not changed yet.
rejudged-link = Verdicts that changed with the law in use
job-phase-rejudge = judging again

publish-title = Not published yet: { $unit }, { $year }
publish-back = Back to the commune
publish-changed = Somebody has just changed figures. Please look again, then publish.
publish-lead = { $count } figures are recorded that the public does not see yet.
publish-caption = Figures not published yet
publish-new = Would be published
publish-means = Once published, everybody sees these figures and the verdicts that follow from them.
publish-do = Publish
publish-none = All figures of this year are published.
publish-link = Figures not published yet

rejudged-units = { $count ->
    [one] 1 unit was judged again
   *[other] { $count } units were judged again
}: verdicts changed: { $changed }, removed because they no longer apply: { $gone }.
rejudged-units-later = { $count } units will be judged again within minutes.
record-wrong-origin = Your role does not record figures of this origin.
record-no-publishing = Your role does not publish figures; record them without publishing, the coordination office will publish.
record-not-in-charge = { $measure } belongs to a criterion that is not in your charge.
record-held = { $measure } is being reviewed, so it cannot be changed now. Ask its reviewer to give it back.
record-locked = { $measure } is locked. To change it, the coordination office must open it again and say why.

year-closed = { $year } is closed: its figures are neither changed nor published. To change them the year must be opened again, with a reason.
year-closed-already = { $year } is closed already.
year-not-closed = { $year } is not closed, so there is nothing to open again.
year-reopen-reason = Say why it is opened again, in at least { $least } characters.
said-in-unit = [entered { $typed }]
said-in-also = Also taken: { $units }
said-in-rule = { $unit } (× { $times })
