// A database of this browser, opened when it is first asked for, shared by every tab and the service worker.

/** A request, as a promise. */
export function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

/** Its stores are made when it is, and never change: what needs another has a database of its own. */
export class Database {
  private opened: Promise<IDBDatabase> | undefined;

  constructor(
    private readonly name: string,
    private readonly stores: Record<string, IDBObjectStoreParameters>,
  ) {}

  private open(): Promise<IDBDatabase> {
    this.opened ??= new Promise((done, failed) => {
      const request = indexedDB.open(this.name, 1);
      request.onupgradeneeded = () => {
        for (const [name, how] of Object.entries(this.stores)) request.result.createObjectStore(name, how);
      };
      request.onsuccess = () => {
        const database = request.result;
        // Another tab wipes: let go, and open anew when asked again.
        database.onversionchange = () => {
          database.close();
          this.opened = undefined;
        };
        done(database);
      };
      request.onerror = () => {
        this.opened = undefined;
        failed(request.error);
      };
    });
    return this.opened;
  }

  /** Work in one transaction, done when it is on the disk: a phone that dies a moment later has it. */
  async within<T>(names: string[], mode: IDBTransactionMode, work: (store: (name: string) => IDBObjectStore) => Promise<T>): Promise<T> {
    const transaction = (await this.open()).transaction(names, mode, { durability: "strict" });
    const kept = new Promise<void>((done, failed) => {
      transaction.oncomplete = () => done();
      transaction.onabort = () => failed(transaction.error ?? new Error("aborted"));
      transaction.onerror = () => failed(transaction.error);
    });
    // Whoever waits for the work alone must not leave this one unheard.
    kept.catch(() => {});
    const result = await work((name) => transaction.objectStore(name));
    if (mode === "readwrite") await kept;
    return result;
  }

  /** Everything in it is gone. */
  async clear(): Promise<void> {
    (await this.open().catch(() => undefined))?.close();
    this.opened = undefined;
    await asked(indexedDB.deleteDatabase(this.name));
  }
}
