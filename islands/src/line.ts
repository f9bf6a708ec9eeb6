// The line to the server, as the queue uses it. Every request names whose values it brings: the server refuses them under
// anybody else's login, whoever has logged in on this phone since.
import type { Line, Reply } from "./queue";

/** The header that names a person; the guard of the server holds the session against it. */
export const PERSON = "Langso-Person";

/** Longer than this no answer is waited for: a line this weak is none, and the key lets it be asked again. */
const PATIENCE = 20_000;

export const line: Line = {
  key: () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(""),
  async send(api, key, person, body): Promise<Reply> {
    try {
      const headers = { "content-type": "application/json", accept: "application/json", "idempotency-key": key, [PERSON]: String(person), ...language() };
      const answer = await fetch(api, { method: "POST", headers, body, credentials: "same-origin", redirect: "error", signal: AbortSignal.timeout(PATIENCE) });
      skew(answer);
      return { status: answer.status, body: await answer.json().catch(() => null) };
    } catch {
      return null;
    }
  },
};

/** The API answers in the language asked for. In a service worker there is no page that has one. */
export function language(): Record<string, string> {
  return typeof document === "undefined" ? {} : { "accept-language": document.documentElement.lang };
}

/** How far the phone's clock is behind the server's, in milliseconds, as of the last answer; told, never counted on. */
export let behind = 0;

function skew(answer: Response): void {
  const date = Date.parse(answer.headers.get("date") ?? "");
  if (!Number.isNaN(date)) behind = date - Date.now();
}
