// The shelf of the queue in IndexedDB, shared by every tab and the service worker. Where the browser has none (a private window
// of an old one), opening fails and says so: whoever types then sees that nothing is kept without a line.
import type { Item, Shelf } from "./queue";

const NAME = "langso";
/** Values by ordinal; who is logged in here, by name. */
const STORES = { items: "ordinal", about: "name" } as const;

let opened: Promise<IDBDatabase> | undefined;

/** A request, as a promise. */
function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((done, failed) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(STORES)) request.result.createObjectStore(name, { keyPath, autoIncrement: keyPath === "ordinal" });
    };
    request.onsuccess = () => {
      const database = request.result;
      // Another tab wipes: let go, and open anew when asked again.
      database.onversionchange = () => {
        database.close();
        opened = undefined;
      };
      done(database);
    };
    request.onerror = () => {
      opened = undefined;
      failed(request.error);
    };
  });
  return opened;
}

/** Work on a store in one transaction, done when it is on the disk: a phone that dies a moment later has it. */
async function within<T>(name: keyof typeof STORES, mode: IDBTransactionMode, work: (store: IDBObjectStore) => Promise<T>): Promise<T> {
  const transaction = (await open()).transaction(name, mode, { durability: "strict" });
  const kept = new Promise<void>((done, failed) => {
    transaction.oncomplete = () => done();
    transaction.onabort = () => failed(transaction.error ?? new Error("aborted"));
    transaction.onerror = () => failed(transaction.error);
  });
  // Whoever waits for the work alone must not leave this one unheard.
  kept.catch(() => {});
  const result = await work(transaction.objectStore(name));
  if (mode === "readwrite") await kept;
  return result;
}

export const shelf: Shelf = {
  all: () => within("items", "readonly", (store) => asked<Item[]>(store.getAll())),
  add: (item) => within("items", "readwrite", async (store) => (await asked(store.add(item))) as number),
  change: (ordinal, how) =>
    within("items", "readwrite", async (store) => {
      const to = how(await asked<Item | undefined>(store.get(ordinal)));
      if (to === null) await asked(store.delete(ordinal));
      else if (to) await asked(store.put(to));
      return to;
    }),
};

/** Who is logged in on this phone, by number; nobody: 0. */
export const person = {
  get: async (): Promise<number> => (await within("about", "readonly", (store) => asked<{ value: number } | undefined>(store.get("person"))))?.value ?? 0,
  set: (value: number): Promise<unknown> => within("about", "readwrite", (store) => asked(store.put({ name: "person", value }))),
};

/** Everything on the shelf is gone. */
export async function clear(): Promise<void> {
  (await open().catch(() => undefined))?.close();
  opened = undefined;
  await asked(indexedDB.deleteDatabase(NAME));
}
