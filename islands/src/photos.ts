// Photographs and files that wait on this phone for a line: each with the figure that it proves, in the order in which they were
// chosen, sent part by part (tus 1.0.0), each until the server has it. Knows no browser, as the queue of values does not.

/** `chosen`: it waits for whoever chose it (faces are to be covered); `waiting`: for a line; `refused`: the server said no. */
export type PhotoState = "chosen" | "waiting" | "refused";

/** A file that is to be sent. */
export interface Photo {
  /** The order of choosing; given by the album, never by a clock. */
  ordinal: number;
  /** Whose it is: it is sent under no other login. */
  person: number;
  /** Where values of its unit are sent: with the measure, the field that it proves. */
  api: string;
  measure: string;
  unit: number;
  year: number;
  /** The page on which it was chosen, and the words of its field. */
  page: string;
  label: string;
  name: string;
  type: string;
  /** In bytes. */
  size: number;
  /** A little picture as an address of data; empty where the browser could draw none. */
  small: string;
  /** What the photograph said of its taking before it was drawn anew. */
  taken?: string;
  lat?: number;
  lon?: number;
  /** Parts that were covered. */
  covered: number;
  /** The phone's time, in milliseconds; told, never trusted. */
  at: number;
  state: PhotoState;
  /** The id under which it is begun once, however often it is asked for. */
  key: string;
  /** Where it lies at the server, once it is begun, and how much of it was there when it was last told. */
  there: string;
  sent: number;
  /** Why it was refused. */
  said?: string[];
}

/** Where photographs are kept. Every change is kept before its promise is. */
export interface Album {
  /** All of them without their bytes, by ordinal. */
  all(): Promise<Photo[]>;
  bytes(ordinal: number): Promise<Blob | undefined>;
  add(photo: Omit<Photo, "ordinal">, bytes: Blob): Promise<number>;
  /** Changes one in one step: what `how` gives is kept (with other bytes, where there are), `null` drops it, `undefined` leaves it. */
  change(ordinal: number, how: (now: Photo | undefined) => Photo | null | undefined, bytes?: Blob): Promise<Photo | null | undefined>;
}

/** What is on its way: all that an exchange of the protocol needs. */
export interface Upload {
  /** Under whose login; 0: whoever is there. */
  person: number;
  key: string;
  there: string;
  size: number;
  /** Names and values of `Upload-Metadata`; those that are empty are left out. */
  fields: Record<string, string>;
}

/** What the server said. */
export interface Answer {
  status: number;
  there?: string;
  offset?: number;
  /** The number of the piece that it became. */
  evidence?: string;
  /** A refusal in words. */
  said: string[];
}

/** The line. */
export interface Carrier {
  /** Begins an upload, asks how it stands, or sends the part from an offset; `null` where the line is cut. */
  ask(how: "begin" | "stands" | "part", upload: Upload, bytes: Blob, offset: number): Promise<Answer | null>;
  /** A new id. */
  key(): string;
}

export type Stopped = "line" | "login" | "busy";
export type Carried = { evidence: string } | { refused: string[] } | { stopped: Stopped; said: string[] } | "unwanted";

/** What may be right a moment later: a part that was cut or came out of turn, another client at it. */
const AGAIN = [400, 409, 423, 460];
/** So often one upload is asked how it stands after a part that was not taken. */
const STUMBLES = 3;

/**
 * Carries one upload as far as the line goes. `saw` is told each time the server told how much it has, and says whether it is
 * still wanted. A lost answer doubles nothing: it is begun under its key once, and goes on from what the server has.
 */
export async function carry(carrier: Carrier, upload: Upload, bytes: Blob, saw: (now: Upload, offset: number) => Promise<boolean>): Promise<Carried> {
  let [now, offset, renewed, stumbles] = [upload, -1, false, 0];
  for (;;) {
    const how = now.there === "" ? "begin" : offset < 0 ? "stands" : "part";
    const answer = await carrier.ask(how, now, bytes, offset);
    if (answer === null) return { stopped: "line", said: [] };
    const { status, evidence } = answer;
    if (status < 300) {
      if (evidence) return { evidence };
      if (how === "begin") now = { ...now, there: answer.there ?? "" };
      offset = answer.offset ?? -1;
      // Whole, and nothing became of it yet: asked again, not for ever.
      if (offset >= now.size) {
        offset = -1;
        if (++stumbles > STUMBLES) return { stopped: "busy", said: answer.said };
      }
      if (!(await saw(now, Math.max(offset, 0)))) return "unwanted";
    } else if (status === 401) return { stopped: "login", said: answer.said };
    else if (status === 429 || status >= 500 || (status === 423 && how !== "part")) return { stopped: "busy", said: answer.said };
    else if (status === 404 && !renewed) {
      // Forgotten meanwhile: from the beginning, as another upload.
      [renewed, offset, now] = [true, -1, { ...now, there: "", key: carrier.key() }];
      if (!(await saw(now, 0))) return "unwanted";
    } else if (how === "part" && AGAIN.includes(status)) {
      offset = -1;
      if (++stumbles > STUMBLES) return { stopped: "busy", said: answer.said };
    } else return { refused: answer.said };
  }
}

/** What the server is told of a photograph. */
export function upload(photo: Photo): Upload {
  const { person, key, there, size, unit, measure, year, name, taken, lat, lon, covered } = photo;
  const place = lat !== undefined && lon !== undefined;
  const fields = { unit: String(unit), figures: `${measure}:${year}`, filename: name, taken: taken ?? "", lat: place ? String(lat) : "", lon: place ? String(lon) : "", covered: covered ? String(covered) : "" };
  return { person, key, there, size, fields };
}

/** What became of a photograph: how far it came, or its end. */
export interface News {
  ordinal: number;
  share: number;
  evidence?: string;
  refused?: string[];
}

/**
 * Sends what waits of this person, in the order of choosing, one after the other; why it stopped before the end. `behind` says
 * whether a photograph stays behind the value that it proves, which waits itself. What is refused stays, with the reason, and keeps
 * nothing else back.
 */
export async function sendPhotos(album: Album, carrier: Carrier, person: number, behind: (photo: Photo) => Promise<boolean>, tell: (news: News) => void = () => {}): Promise<Stopped | undefined> {
  const tried = new Set<number>();
  for (;;) {
    // Asked again each time: what is chosen while another is on its way joins the line.
    const all = (await album.all()).filter((photo) => photo.person === person && photo.state === "waiting" && !tried.has(photo.ordinal));
    let next: Photo | undefined;
    for (const photo of all) if (!next && !(await behind(photo))) next = photo;
    if (!next) return undefined;
    const { ordinal } = next;
    tried.add(ordinal);
    const refuse = async (said: string[]): Promise<void> => {
      const kept = await album.change(ordinal, (now) => (now ? { ...now, state: "refused", said } : undefined));
      if (kept) tell({ ordinal, share: 0, refused: said });
    };
    const bytes = await album.bytes(ordinal);
    if (!bytes) {
      await refuse([]);
      continue;
    }
    const saw = async (now: Upload, offset: number): Promise<boolean> => {
      tell({ ordinal, share: now.size ? offset / now.size : 0 });
      const wanted = (photo: Photo | undefined): boolean => photo?.state === "waiting";
      try {
        const kept = await album.change(ordinal, (photo) => (photo && wanted(photo) ? { ...photo, there: now.there, key: now.key, sent: offset } : undefined));
        return kept !== undefined;
      } catch {
        // No room to note how far it came: it goes on, and is asked how it stands the next time.
        return true;
      }
    };
    const became = await carry(carrier, upload(next), bytes, saw);
    if (became === "unwanted") continue;
    if ("stopped" in became) return became.stopped;
    if ("refused" in became) await refuse(became.refused);
    else {
      await album.change(ordinal, () => null);
      tell({ ordinal, share: 1, evidence: became.evidence });
    }
  }
}
