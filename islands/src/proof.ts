// The proof of a published result, checked in the reader's own browser: the leaf leads to the root of the tree, and the root
// is signed by the key that the reader trusts. SHA-256 and Ed25519 are the browser's; nothing is asked of the site.

interface Proof { leaf: string; proof: string }
interface Parts { index: bigint; hashes: Bytes[]; size: bigint; root: Bytes; text: string; signatures: { name: string; bytes: Bytes }[] }
type Bytes = Uint8Array<ArrayBuffer>;

const utf8 = new TextEncoder();

function base64(text: string): Bytes {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function joined(...parts: Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

async function sha256(...parts: Uint8Array[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, at) => byte === b[at]);

/** C2SP tlog-proof: place and hashes, an empty line, the signed checkpoint. */
function parse(text: string): Parts {
  const cut = text.indexOf("\n\n");
  const head = text.slice(0, cut).split("\n").filter((line) => !line.startsWith("extra "));
  const note = text.slice(cut + 2);
  const end = note.lastIndexOf("\n\n");
  const body = note.slice(0, end + 1);
  const [, size, root] = body.split("\n");
  if (head[0] !== "c2sp.org/tlog-proof@v1" || !head[1]?.startsWith("index ") || !size || !root) throw new Error("format");
  const signatures = note.slice(end + 2).split("\n").filter(Boolean).map((line) => {
    const [, name, bytes] = line.split(" ");
    return { name: name ?? "", bytes: base64(bytes ?? "") };
  });
  return { index: BigInt(head[1].slice(6)), hashes: head.slice(2).map(base64), size: BigInt(size), root: base64(root), text: body, signatures };
}

/** RFC 9162, 2.1.3.2: from the leaf along the hashes to a root. */
async function follow(leaf: string, { index, hashes, size }: Parts): Promise<Bytes | null> {
  if (index >= size) return null;
  let [fn, sn] = [index, size - 1n];
  let hash = await sha256(Uint8Array.of(0), utf8.encode(leaf));
  for (const other of hashes) {
    if (sn === 0n) return null;
    if (fn % 2n === 1n || fn === sn) {
      hash = await sha256(Uint8Array.of(1), other, hash);
      while (fn % 2n === 0n && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else {
      hash = await sha256(Uint8Array.of(1), hash, other);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  return sn === 0n ? hash : null;
}

/** Whether the key, `name+id+base64` with Ed25519, signed the checkpoint. */
async function signed(parts: Parts, vkey: string): Promise<boolean> {
  const [name, , rest] = vkey.trim().split(/\+(.{8})\+/);
  if (!name || !rest) return false;
  const key = base64(rest);
  if (key[0] !== 1 || key.length !== 33) return false;
  const id = (await sha256(utf8.encode(`${name}\n`), key)).slice(0, 4);
  const own = parts.signatures.find((sig) => sig.name === name && same(sig.bytes.slice(0, 4), id));
  if (!own || parts.text.split("\n")[0] !== name) return false;
  const imported = await crypto.subtle.importKey("raw", key.slice(1), "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", imported, own.bytes.slice(4), utf8.encode(parts.text));
}

const place = document.getElementById("proof-check");
if (place instanceof HTMLElement && place.dataset["proof"]) {
  const proof = JSON.parse(place.dataset["proof"]) as Proof;
  const said = place.querySelector<HTMLElement>("[role=status]");
  const key = place.querySelector<HTMLTextAreaElement>("textarea");
  const tell = (state: string): void => {
    if (!said) return;
    said.dataset["state"] = state;
    said.textContent = place.dataset[state] ?? state;
  };
  place.querySelector("button")?.addEventListener("click", () => void check().then(tell, () => tell("cannot")));
  place.hidden = false;

  async function check(): Promise<string> {
    const parts = parse(proof.proof);
    const root = await follow(proof.leaf, parts);
    if (!root || !same(root, parts.root)) return "outside";
    return (await signed(parts, key?.value ?? "")) ? "good" : "unsigned";
  }
}

export {};
