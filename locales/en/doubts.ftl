### Doubts of the quality checks in a campaign

reporting-doubts-stop = A commune sends only when every doubt of the quality checks is answered
reporting-doubts-open = Not sent: { $count ->
    [one] one doubt is
   *[other] { $count } doubts are
} not answered, in criteria { $criteria }. Write the reason into its field, or correct the figure, and send again.
reporting-doubts-wrong = An answer is not right; nothing was saved.
reporting-doubt-not-now = This criterion was sent; the commune answers no more.
reporting-doubts = Doubts
reporting-doubts-unanswered = Doubts not answered
reporting-doubts-here = { $count ->
    [one] 1 doubt
   *[other] { $count } doubts
}, { $open ->
    [0] all answered
   *[other] { $open } not answered
}
reporting-doubts-title = Doubts about figures
reporting-doubts-none = No figure is doubted.
reporting-doubts-common = One answer to { $count ->
    [one] this doubt
   *[other] these { $count } doubts
}; to answer one by one, open its criterion
reporting-doubts-answer-do = Save answers
reporting-doubts-send-answers = Every button saves the answers above, too.
reporting-doubt = Doubt
reporting-doubt-open = not answered
reporting-doubt-answer = The commune says ({ $by }, { $at }):
reporting-doubt-review = The reviewer says ({ $by }, { $at }):
reporting-doubt-useless = The reviewer says that this doubt is wrong.
reporting-doubt-note-unit = Answer: why the figure is right
reporting-doubt-note-review = What the reviewer says
reporting-doubt-is-useless = This doubt is wrong
reporting-check-now = Check the figures
reporting-checked-at = Last checked { $at }, { $by }.
reporting-checked-stale = Figures were entered or changed since.
reporting-checked-never = The figures were not checked yet; they will be when they are sent.
reporting-no-pieces = No file of evidence yet.
reporting-demo-answer = Compared with the commune's own register: the figure is right.
