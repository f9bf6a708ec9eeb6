mod contract;
mod files;
mod pure;
mod shipped;
