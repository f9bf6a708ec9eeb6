// The form of a criterion keeps itself.
import { keepForm } from "./keeping";

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-entry]")) void keepForm(form);
