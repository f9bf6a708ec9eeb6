//! Ids. An id never changes and is never reused; codes, names and dates are attributes that can be corrected.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// The kind in this id's permanent address `/id/{kind}/{id}`.
            pub const KIND: &'static str = $kind;

            /// The permanent address of the thing, relative to the site's root.
            pub fn address(self) -> String {
                format!("/id/{}/{}", Self::KIND, self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(/// A province, district, commune, ward or village.
    UnitId, "unit");
id!(/// An agency: a department (Sở), the Fatherland Front, an association, an office.
    AgencyId, "agency");
id!(/// A figure: one measure of one unit in one period from one origin.
    FigureId, "figure");
id!(/// One line of the append-only history of figures; also the revision up to which a verdict read.
    Revision, "revision");
id!(/// A piece of evidence.
    EvidenceId, "evidence");
id!(/// A person; until people log in, only the built-in actors exist.
    PersonId, "person");
