mod contract;
mod files;
mod pure;
mod said;
mod shipped;
