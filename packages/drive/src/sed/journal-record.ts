import { bytesToUtf8, utf8ToBytes } from '@rootcap/crypto';
import { MediumError } from '../errors.ts';
import type { Journal } from '../journal/journal.ts';
import type { RecordStore } from './flash.ts';

/** A record in a journal, as JSON. */
export function journalRecord<T>(journal: Journal, key: string): RecordStore<T> {
  return {
    read() {
      const bytes = journal.get(key);
      if (bytes === undefined) return undefined;
      try {
        return JSON.parse(bytesToUtf8(bytes)) as T;
      } catch (cause) {
        throw new MediumError('CORRUPT', `${key}: no JSON`, { cause });
      }
    },
    write: (value) => journal.commit(new Map([[key, utf8ToBytes(JSON.stringify(value))]])),
    scrub: () => journal.erase([]),
  };
}
