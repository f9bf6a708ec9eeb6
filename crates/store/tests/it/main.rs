mod audit;
mod transactions;
