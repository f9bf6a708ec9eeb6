mod contract;
mod files;
mod fuzz_corpus;
mod pure;
mod said;
mod shipped;
