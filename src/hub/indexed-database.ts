// The hub's database: its schema, with the way from each older one, and its requests as promises. Knows nothing of what is kept in it.

/** Raised with every change of the schema; what waits to be sent must survive the upgrade. */
const VERSION = 2;

/** @param gone told once the browser, or whoever deletes the data or brings a newer version, has closed it */
export async function openDatabase(name: string, gone: () => void): Promise<IDBDatabase> {
  const opening = indexedDB.open(name, VERSION);
  opening.onupgradeneeded = ({oldVersion}) => upgrade(opening, oldVersion);
  const database = await answer(opening);
  database.onclose = gone;
  // Whoever comes must not wait for this hub.
  database.onversionchange = () => {
    gone();
    database.close();
  };
  return database;
}

function upgrade({result: database, transaction}: IDBOpenDBRequest, before: number): void {
  if (before < 1) {
    const outbox = database.createObjectStore('outbox', {keyPath: 'order', autoIncrement: true});
    outbox.createIndex('owner', 'owner');
    outbox.createIndex('messageId', 'message.id', {unique: true});
    database.createObjectStore('items');
  }
  if (before < 2 && transaction) {
    const outbox = transaction.objectStore('outbox');
    outbox.createIndex('lane', ['owner', 'message.chatId', 'status']);
    database.createObjectStore('chats').createIndex('keptAt', ['owner', 'keptAt']);
    // Nobody wrote down whose these were, or when.
    const unknown = {userId: null, acceptedAt: Infinity, was: []};
    const cursors = outbox.openCursor();
    cursors.onsuccess = () => {
      cursors.result?.update({...unknown, ...cursors.result.value});
      cursors.result?.continue();
    };
  }
}

/** What a request comes to. A promise that nobody waits for any more may fail, as it does when a transaction ends early. */
export function answer<T>(request: IDBRequest<T>): Promise<T> {
  return settled((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Resolves when all is written. */
export function outcome(transaction: IDBTransaction): Promise<void> {
  return settled((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

function settled<T>(...[start]: ConstructorParameters<typeof Promise<T>>): Promise<T> {
  const promise = new Promise<T>(start);
  promise.catch(() => {});
  return promise;
}
