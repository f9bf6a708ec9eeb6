mod figure;
mod figures;
mod mergers;
