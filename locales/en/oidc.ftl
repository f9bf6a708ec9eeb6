### Logging in at a provider

oidc-enter = Log in with { $provider }
oidc-unreachable = That account system does not answer. Try again later, or log in another way.
oidc-refused = That account system let you not in, or you stopped.
oidc-wrong = What that account system said cannot be trusted and is not accepted. Try again; if it stays so, tell your administrator.
oidc-late = This login is too old, was used already or began in another browser. Please start again.
oidc-unknown = That account is linked with nobody here. Log in with your password and link it at "My account", or ask your administrator.
oidc-linked-elsewhere = That account is linked with somebody else here.
oidc-name-taken = Somebody else here has that login name. Ask your administrator.
role-by = on the word of { $provider }
links-title = Log in with an account elsewhere
links-what = Link the account that you have at your office, and log in without a password of this site.
links-manage = See and link
links-provider = Account at
links-made = Linked
links-not = not linked
links-none = This site uses no accounts elsewhere.
links-prove = Show that it is still you
links-link-with = Link with { $provider }
links-unlink = Unlink
links-unlink-from = Unlink from { $provider }
links-linked = Linked.
links-unlinked = Unlinked; roles on its word have ended.
links-go-title = Link with { $provider }
links-go-text = The last step: log in there, and you are led back here. You have ten minutes.
links-go = Go to { $provider }
links-stay = No, go back
