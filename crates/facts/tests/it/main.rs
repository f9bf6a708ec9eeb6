mod addresses;
mod dhis2;
mod figures;
mod mergers;
mod visitor;
