mod contract;
mod files;
mod fuzz_corpus;
mod intake;
mod ordered;
mod pure;
mod said;
mod shipped;
