mod figures;
mod intake;
mod mergers;
mod visitor;
mod workbooks;
