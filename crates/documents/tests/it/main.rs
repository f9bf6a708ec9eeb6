mod corpus;
mod hostile;
