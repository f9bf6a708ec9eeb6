mod addresses;
mod dhis2;
mod figure;
mod figures;
mod mergers;
mod rejudge;
mod templates;
mod visitor;
