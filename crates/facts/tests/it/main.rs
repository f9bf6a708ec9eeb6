mod figure;
mod figures;
mod mergers;
mod rejudge;
mod templates;
