// The form of a criterion keeps itself, and says its verdicts as it is typed.
import { keepForm } from "./keeping";
import { judgeForm } from "./verdicts";

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-entry]")) {
  judgeForm(form);
  void keepForm(form);
}
