mod corpus;
mod docx;
mod hostile;
