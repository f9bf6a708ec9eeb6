//! Units and agencies: who they are, when they are valid, what came before them and after.

pub mod reference;
