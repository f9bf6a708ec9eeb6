# Communes with their verdicts as a data frame; codes and names stay texts.
base <- Sys.getenv("BASE", "https://langso.example.vn")
ask <- paste0(base, "/api/v1/communes?nam=2024&bo=commune-2021-2025&dv=cu&per=500")
file <- tempfile(fileext = ".csv")
download.file(ask, file, headers = c(Accept = "text/csv"), quiet = TRUE)
communes <- read.csv(file, fileEncoding = "UTF-8-BOM", colClasses = c(code = "character", name = "character"))
table(communes$verdict, useNA = "ifany")
