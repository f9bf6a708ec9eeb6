// The line for files: tus 1.0.0 by fetch. Each request names whose file it is, and an upload is begun under its key once.
import { PERSON, language, line } from "./line";
import type { Carrier } from "./photos";

const ADDRESS = "/api/v1/uploads";
/** Bytes of one part: what a weak line carries in some seconds. */
const PART = 256 * 1024;
/** Longer than this no answer to a part is waited for. */
const PATIENCE = 120_000;

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

export const carrier: Carrier = {
  key: line.key,
  async ask(how, upload, bytes, offset) {
    const headers: Record<string, string> = { "tus-resumable": "1.0.0", accept: "application/json", ...language(), ...(upload.person ? { [PERSON]: String(upload.person) } : {}) };
    const init: RequestInit = { method: "GET", headers, credentials: "same-origin", redirect: "error", signal: AbortSignal.timeout(PATIENCE) };
    if (how === "begin") {
      const told = Object.entries(upload.fields).filter(([, value]) => value);
      Object.assign(headers, { "upload-length": String(upload.size), "upload-metadata": told.map(([name, value]) => `${name} ${base64(value)}`).join(","), "idempotency-key": upload.key });
      init.method = "POST";
    } else if (how === "part") {
      Object.assign(headers, { "upload-offset": String(offset), "content-type": "application/offset+octet-stream" });
      Object.assign(init, { method: "PATCH", body: bytes.slice(offset, offset + PART) });
    }
    try {
      const answer = await fetch(how === "begin" ? ADDRESS : upload.there, init);
      const head = (name: string): string | undefined => answer.headers.get(name) ?? undefined;
      const { title, detail } = answer.ok ? {} : await answer.json().catch(() => ({}));
      const said = [title, detail].filter((text): text is string => typeof text === "string");
      return { status: answer.status, there: head("location"), offset: Number(head("upload-offset") ?? 0), evidence: head("langso-evidence"), said };
    } catch {
      return null;
    }
  },
};
