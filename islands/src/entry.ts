// The form of a criterion, or of all of them, keeps itself, says its verdicts as it is typed, and takes blocks of a spreadsheet.
import { sheet } from "./grid";
import { keepForm } from "./keeping";
import { judgeForm } from "./verdicts";

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-entry]")) {
  judgeForm(form);
  sheet(form);
  void keepForm(form);
}
