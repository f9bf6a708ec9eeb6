mod contract;
mod files;
mod shipped;
