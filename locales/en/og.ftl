# The picture of a page where it is shared
og-province = Results of the New Rural programme, { $year }
og-communes = communes meet { $set } in { $year }
og-criteria = criteria met
og-changed = Data as of { $day }
og-illustrative = Illustrative figures
og-illustrative-law = Illustrative thresholds
og-alt = { $name }. { $sentence }
