// Passkeys: a form with `data-passkey` gets its answer from the device. Without this island, or a browser that knows how,
// the form stays hidden and people log in by password and code.

async function answered(form: HTMLFormElement): Promise<Credential | null> {
  if (form.dataset["passkey"] === "create") {
    const options = JSON.parse(form.dataset["options"] ?? "");
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
  }
  const asked = await fetch(form.dataset["ask"] ?? "", { method: "POST", headers: { accept: "application/json" } });
  if (!asked.ok) throw new Error(String(asked.status));
  const { options } = await asked.json();
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
}

if (typeof PublicKeyCredential === "function" && "parseRequestOptionsFromJSON" in PublicKeyCredential) {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-passkey]")) {
    const said = form.querySelector<HTMLElement>("[data-said]");
    const button = form.querySelector("button");
    const answer = form.elements.namedItem("answer") as HTMLInputElement;
    form.hidden = false;
    document.querySelector("[data-passkey-none]")?.remove();
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (said) said.hidden = true;
      if (button) button.disabled = true;
      try {
        const credential = await answered(form);
        answer.value = JSON.stringify(credential);
        form.submit();
      } catch {
        // Whoever stopped may go on another way.
        if (said) said.hidden = false;
      }
      if (button) button.disabled = false;
    });
  }
}
