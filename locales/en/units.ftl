### Administrative units and agencies.

units-unknown = There is no unit with the id { $id }.
units-changed = { $name } was edited while you were typing (it is now at version { $version }). Look at it again, then save.
units-name-empty = The unit has no name.
units-code-empty = The unit has no code.
units-source-empty = The document that says so is not named.
units-value-empty = There is no value.
units-kind-unknown = There is no such kind of unit at this level.
units-confidence-unknown = Confidence is one of: verified, recalled, unknown.
units-ends-before-it-begins = The last day is before the first.
units-point-outside = The point lies outside the range of longitudes and latitudes.
units-parent-level = The parent must be of a higher level.
units-parent-not-in-force = The parent is not in force in this unit’s time.
units-code-taken = In that time the code { $code } is that of { $name }.
units-attribute-unknown = The law does not read this attribute of a unit.
units-ended-already = { $name } is not in force on the day of the reorganisation.
units-other-level = A new unit must be of the same level as the old one.
units-no-such-new = The plan has no such new unit.
units-whole-twice = { $name } goes whole into more than one unit, or twice into the same one.
units-shares-incomplete = { $name } is divided: name all of its shares, exactly one of them the largest.
units-from-nothing = The new unit is made from no other.
units-children-left = { $name } still belongs to a unit that ends; reorganise it as well.
units-days-of-succession = { $name } began or ended by a reorganisation, so its days are not corrected here; prepare a plan of reorganisation.
units-child-goes-on = { $name } stands under this unit and goes on after { $day }.
units-agency-role-level = The role { $role } is held in this agency as a whole; it cannot be held in { $unit }.
units-agency-role-power = The role { $role } is held in this agency as a whole and would reach further. Let the role end first and give it anew once the agency is edited; that takes two administrators.
units-nothing-moves = The plan names no units.

units-level-province = province level
units-level-district = district level
units-level-commune = commune level
units-level-village = village level
units-kind-province = province
units-kind-municipality = centrally run city
units-kind-rural_district = rural district
units-kind-urban_district = urban district
units-kind-town = town
units-kind-provincial_city = provincial city
units-kind-commune = commune
units-kind-ward = ward
units-kind-township = township
units-kind-special_zone = special zone
units-kind-village = village
units-kind-neighbourhood = neighbourhood

units-change-merge = merged with others
units-change-split = divided into several units
units-change-part = a part joined another unit
units-change-rename = renamed or recoded, same ground
units-share-whole = whole
units-share-part-main = larger part
units-share-part = part
units-boundary-approximate = approximate boundary

boundaries-not-readable = The file cannot be read: GeoJSON or GeoPackage is needed.
boundaries-no-features = The GeoJSON file has no list of features.
boundaries-other-system = The file uses the reference system { $system }. Convert it to WGS 84 (EPSG:4326), then import it again.
boundaries-no-code-field = No field with codes of units was found; name the field.
boundaries-layers = The GeoPackage must have exactly one layer of features (it has { $count }).
boundaries-no-code = Feature { $number }: no code.
boundaries-unknown-code = Feature { $number }: { $code } is the code of no unit at this level on this day.
boundaries-duplicate = Feature { $number }: { $name } ({ $code }) was in feature { $first } already.
boundaries-no-polygon = Feature { $number }: { $name } has no readable Polygon or MultiPolygon.
boundaries-outside-country = Feature { $number }: { $name } lies outside Viet Nam; check the reference system and the order of longitude and latitude.
boundaries-crossing-itself = Feature { $number }: the boundary of { $name } crosses itself or is broken.
boundaries-point-outside = Feature { $number }: the known point of { $name } lies outside this boundary.
boundaries-overlap = Feature { $number }: { $name } and { $other } overlap by { $percent }% of the smaller one.

units-title = Administrative units
units-lead = Administrative units as of { $day }. Every unit has a permanent address; codes and names may change with time.
units-search = Search by name (no diacritics needed) or code
units-day = As of
units-days = Common days
units-show = Show
units-as-of = As of { $day }
units-found = { $count ->
    [0] No unit matches on this day.
    [one] One unit
   *[other] { $count } units
}
units-none = There are no units on this day.
units-below = { $count ->
    [one] one unit below
   *[other] { $count } units below
}
units-pages = Pages
units-no-day = “{ $text }” is no day; write year-month-day, for example 2025-06-30.
units-bad-json = What was sent cannot be read: { $error }
units-code = Code
units-unsure = to be confirmed
units-from-to = From { $from } to { $to }.
units-until = Until { $to }.
units-since = since { $from }
units-verdicts = Verdicts under the criteria sets
units-not-judged = Wards and townships are not judged by the criteria sets for rural communes.
units-after = After the reorganisation
units-before = Formed from
units-today-is = Today part of
units-carried = Figures are carried over to the new unit; verdicts on the old units are not.
units-attributes = What the law reads of it
units-inherited = from the unit above
units-directly-below = Units directly below
units-address = Permanent address:
units-attribute-region = Region
units-attribute-group = Group of communes
units-attribute-ethnic_mountainous = Ethnic minority and mountainous commune
units-attribute-special_difficulty = Commune in special difficulty
units-attribute-former_base_area = Former revolutionary base
units-attribute-island_border = Border or island commune
units-agencies-title = Agencies
units-agencies-lead = Departments, the Fatherland Front and associations in the Programme, with those that succeeded them.
units-agencies-caption = Agencies as in the plan of November 2022 and after the reorganisation of 2025
units-agencies-search = Name or code of an agency
units-first-day = From
units-last-day = Until
units-agency = Agency
units-agency-kind = Kind
units-in-force = In force
units-successor = Succeeded by
units-agency-authority = authority
units-agency-department = department
units-agency-office = office
units-agency-police = police
units-agency-group = group of agencies
units-agency-association = association
units-agency-front = Fatherland Front
units-agency-media = media
units-code-of = code
units-yes = yes
units-no = no
units-attribute-more_than_3_schools = More than three schools

units-value-yes-no = The value is “yes” or “no”.
units-nothing = (empty)
units-both = { $field }: now “{ $now }”, yours “{ $yours }”.
units-field-name = Name
units-field-code = Code
units-field-kind = Kind
units-field-valid_from = First day
units-field-valid_to = Last day
units-field-parent = Parent
units-field-point = Point
units-field-confidence = Confidence
units-field-note = Note
units-field-attribute = Attribute
units-field-value = Value
units-field-from = From
units-field-source = Document that says so
units-attributes-own = Everything ever recorded of this unit itself, by time
units-attribute-edit = Record an attribute
units-attribute-value = Value (yes, no; or the sign of a region or group)
units-attribute-from = From (empty: it was always so)
units-attribute-save = Save
units-attribute-saved = Saved. The verdicts concerned are judged again.
units-attribute-wrong = Not saved yet. See what is wrong at each field below.
units-attribute-changed = Somebody else has just edited this unit, so yours is not saved yet. If yours is right, press Save once more.
units-agencies-count = { $count ->
    [one] one agency
   *[other] { $count } agencies
}
units-agencies-none = No agency matches.
units-agencies-sort-plan = as in the plan
units-agencies-sort-name = name
units-agencies-sort-kind = kind
units-agencies-sort-code = code
