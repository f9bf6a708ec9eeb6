// The album in IndexedDB: photographs beside the queue of values, their bytes apart from what is told of them, so that a list of
// them reads no picture. A database of its own: pages that were kept before there were photographs open the other one.
import { Database, asked } from "./idb";
import type { Album, Photo } from "./photos";

const database = new Database("langso-photos", { photos: { keyPath: "ordinal", autoIncrement: true }, bytes: {} });
const BOTH = ["photos", "bytes"];

export const album: Album = {
  all: () => database.within(["photos"], "readonly", (store) => asked<Photo[]>(store("photos").getAll())),
  async bytes(ordinal) {
    const found = await database.within(["bytes"], "readonly", (store) => asked<ArrayBuffer | undefined>(store("bytes").get(ordinal)));
    return found && new Blob([found]);
  },
  async add(photo, bytes) {
    // Read whole first: a transaction waits for nothing else.
    const whole = await bytes.arrayBuffer();
    return database.within(BOTH, "readwrite", async (store) => {
      const ordinal = (await asked(store("photos").add(photo))) as number;
      await asked(store("bytes").add(whole, ordinal));
      return ordinal;
    });
  },
  async change(ordinal, how, bytes) {
    const whole = await bytes?.arrayBuffer();
    return database.within(BOTH, "readwrite", async (store) => {
      const to = how(await asked<Photo | undefined>(store("photos").get(ordinal)));
      if (to === null) for (const name of BOTH) await asked(store(name).delete(ordinal));
      else if (to) {
        await asked(store("photos").put(to));
        if (whole) await asked(store("bytes").put(whole, ordinal));
      }
      return to;
    });
  },
};

/** A person's photographs on this phone; none where the browser keeps none. */
export const photosOf = async (person: number): Promise<Photo[]> => (await album.all().catch(() => [])).filter((photo) => photo.person === person);

/** A photograph as a file of the phone's own, to be handed over by other means. */
export async function saveAs(photo: Photo): Promise<void> {
  const bytes = await album.bytes(photo.ordinal);
  if (!bytes) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: photo.type }));
  link.download = photo.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Everything in the album is gone. */
export const clearAlbum = (): Promise<void> => database.clear();
