### Notices and letters

notice-title = Notices
notice-bell = { $count ->
    [one] { $count } unread notice
   *[other] { $count } unread notices
}
notice-bell-none = Notices
notice-search = Search in notices
notice-which = Which
notice-unread = Unread
notice-read = Read
notice-count = { $count ->
    [one] { $count } notice
   *[other] { $count } notices
}
notice-none = There is no notice yet.
notice-read-all = Mark all as read
notice-open = Open
notice-at = At
notice-kind = Kind
notice-text = What it says
notice-link = Address
notice-read-at = Read at
notice-choose = How to hear of it
notice-choose-text = Notices always stand on this page. Letters go to { $email }.
notice-choose-no-mail = Notices always stand on this page. Your account has no mail address, so no letter is sent; an administrator can add one.
notice-choose-save = Save
notice-way-now = A letter at once
notice-way-digest = One letter every morning
notice-way-page = On this page only
notice-way-unknown = There is no such way.
notice-kind-report = Reports of mistakes
notice-kind-job = Jobs that failed
notice-kind-mail = Letters that could not be sent
notice-kind-role = Your roles
notice-job-failed = The job { $job } (number { $id }) failed after several tries.
notice-mail-dead = Letter { $id } “{ $subject }” could not be sent.
notice-report = There is report { $id } of a mistake on the page { $page }.
notice-role-given = You were given the role { $role }.
notice-role-ended = Your role { $role } has ended.
mail-notice-subject = Làng Số: { $what }
mail-notice-text =
    Dear { $name },

    { $what }

    { $link }

    A program sent this letter; it needs no answer. Choose how to hear of notices at:
    { $choose }
mail-digest-subject = { $count ->
    [one] Làng Số: { $count } new notice
   *[other] Làng Số: { $count } new notices
}
mail-digest-text =
    Dear { $name },

    { $count ->
        [one] Since the last letter there is { $count } unread notice:
       *[other] Since the last letter there are { $count } unread notices:
    }

    { $list }

    All notices, and how to hear of them:
    { $link }
mail-trial-subject = Làng Số: a letter on trial
mail-trial-text =
    This letter shows that letters of Làng Số get through to this address.

    It needs no answer.
mail-invite-subject = Làng Số: set a password for your account
mail-invite-text =
    Dear { $name },

    You have an account on Làng Số. Login name: { $login }

    Open this address within { $hours } hours to set a password:
    { $link }

    Or open “Set a password by a code” and enter the code: { $code }

    The code works once. Do not hand this letter on.
mail-reset-subject = Làng Số: set your password anew
mail-reset-text =
    Dear { $name },

    An administrator gave a code to set the password of the account { $login } anew. The second factor will have to be set up again, too.

    Open this address within { $hours } hours:
    { $link }

    Or open “Set a password by a code” and enter the code: { $code }

    The code works once. If you did not ask for this, tell an administrator at once.
person-code-mail = Send a code by mail
person-code-mail-text = It goes straight to { $email }; nobody else sees the code, this page does not show it either.
person-code-mailed = A letter with a code is being sent.
person-code-mailed-next = A code given before works no more. Whether the letter got through: see “Letters”.
person-no-email = This person has no mail address that can be used.
person-code-power = This person has power over figures or accounts: two administrators hand over half of the code each; it is not sent by mail.
personal-notices = Notices
personal-notices-why = To tell of what the roles you hold are for, in the way you chose.
personal-notices-long = See below; erased with your data.
personal-letters = Letters
personal-letters-why = Address and subject, to know whether a letter got through; what it says is gone once it was sent.
personal-letters-long = See below; erased with your data.
personal-webhooks = Webhooks
personal-webhooks-why = Who added an address that is told of events.
personal-webhooks-long = As the address; the name is taken off when your data are erased.
personal-jobs = Jobs
personal-jobs-why = Who asked for a job, to ask them where it failed.
personal-jobs-long = Seven days after it is done.
retention-letters = Letters and calls of webhooks that were sent or given up, letters that still wait
retention-notices = Notices
notice-kind-decision = What waits for a second person
notice-kind-account = Your account
notice-sessions-ended = Somebody logged in to your account; everybody has at most { $most } sessions at once, so the one that was not used for longest has ended ({ $labels }). If it was not you, change your password
notice-kind-reporting = Reporting: what is yours to do, and its last day
notice-draft-waits = The criteria set “{ $title }” waits for a second person.
notice-plan-waits = The reorganisation “{ $title }” waits for a second person.
notice-proposals-wait = { $count ->
    [one] One proposed role waits for a second administrator.
   *[other] { $count } proposed roles wait for a second administrator.
}
notice-proposal-waits = A proposal about an account waits for a second administrator.
