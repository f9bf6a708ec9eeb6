// The shelf of the queue in IndexedDB, shared by every tab and the service worker. Where the browser has none (a private window
// of an old one), opening fails and says so: whoever types then sees that nothing is kept without a line.
import { Database, asked } from "./idb";
import type { Item, Shelf } from "./queue";

/** Values by ordinal; who is logged in here, by name. */
const database = new Database("langso", { items: { keyPath: "ordinal", autoIncrement: true }, about: { keyPath: "name" } });

export const shelf: Shelf = {
  all: () => database.within(["items"], "readonly", (store) => asked<Item[]>(store("items").getAll())),
  add: (item) => database.within(["items"], "readwrite", async (store) => (await asked(store("items").add(item))) as number),
  change: (ordinal, how) =>
    database.within(["items"], "readwrite", async (store) => {
      const items = store("items");
      const to = how(await asked<Item | undefined>(items.get(ordinal)));
      if (to === null) await asked(items.delete(ordinal));
      else if (to) await asked(items.put(to));
      return to;
    }),
};

/** Who is logged in on this phone, by number; nobody: 0. */
export const person = {
  get: async (): Promise<number> => (await database.within(["about"], "readonly", (store) => asked<{ value: number } | undefined>(store("about").get("person"))))?.value ?? 0,
  set: (value: number): Promise<unknown> => database.within(["about"], "readwrite", (store) => asked(store("about").put({ name: "person", value }))),
};

/** Everything on the shelf is gone. */
export const clear = (): Promise<void> => database.clear();
