import type { PictureFiles, Place } from "../store/pictures.ts";

/** The name of the database, after the prefix of the chat. */
export const DATABASE = "classic-chatbox";
const FILES = "pictures";

/**
 * Keeps files in IndexedDB. Every method rejects where the browser forbids that.
 *
 * @param prefix the chat's key prefix: see `keyPrefix`
 */
export function indexedDbPictures(prefix: string): PictureFiles {
  const name = prefix + DATABASE;
  return {
    async get(place) {
      const value: unknown = await request(name, "readonly", (files) => files.get(place));
      return value instanceof Blob ? value : undefined;
    },
    async put(place: Place, file: Blob) {
      await request(name, "readwrite", (files) => files.put(file, place));
    },
    async remove(place) {
      await request(name, "readwrite", (files) => files.delete(place));
    },
  };
}

async function request<T>(
  name: string,
  mode: IDBTransactionMode,
  act: (files: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(FILES);
  const database = await done(opening);
  try {
    return await done(act(database.transaction(FILES, mode).objectStore(FILES)));
  } finally {
    database.close();
  }
}

function done<T>(asked: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}
