mod figures;
mod mergers;
