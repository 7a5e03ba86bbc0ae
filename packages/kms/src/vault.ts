import {
  type AuditEntry,
  type AuditHead,
  type AuditRecord,
  EMPTY_HEAD,
  headOf,
  nextRecord,
  verifyAudit,
} from './audit.ts';
import { decryptText, encryptText, newStoreKey, portableScrypt, type ScryptCost, type StoreKey } from './encrypted.ts';
import { KmsError } from './error.ts';
import type { KeyServicePorts } from './ports.ts';
import type { KmsState } from './state.ts';

/** What a change leaves for the vault to fill in. */
export type Contents = Omit<KmsState, 'head' | 'last'>;

/**
 * State and log as one: a change and the record of it are one atomic write of the state, and the record is then added to the
 * log; opening adds it if a crash came in between. Records without a change (grants, refusals) go to the log alone.
 */
export class Vault {
  readonly #ports: KeyServicePorts;
  readonly #storeKey: StoreKey;
  #state: KmsState;
  #head: AuditHead;
  /** A log that did not take a record of a state that is already written. */
  #failed: unknown;

  private constructor(ports: KeyServicePorts, storeKey: StoreKey, state: KmsState, head: AuditHead) {
    this.#ports = ports;
    this.#storeKey = storeKey;
    this.#state = state;
    this.#head = head;
  }

  /** @throws KmsError `store-exists` */
  static create(
    ports: KeyServicePorts,
    passphrase: string,
    contents: Contents,
    entry: AuditEntry,
    cost?: ScryptCost,
  ): Vault {
    const { store, log, entropy, scrypt = portableScrypt } = ports;
    if (store.read() !== undefined) throw new KmsError('store-exists', 'there is a store already');
    if (log.read().length > 0) throw new KmsError('log-damaged', 'there is a log without its store');
    const storeKey = newStoreKey(entropy, scrypt, passphrase, cost);
    const record = nextRecord(ports.provider, EMPTY_HEAD, ports.now(), { ...entry, changes: true });
    const vault = new Vault(ports, storeKey, { ...contents, head: headOf(record), last: record }, EMPTY_HEAD);
    vault.#write(vault.#state);
    vault.#append(record);
    return vault;
  }

  /** @throws KmsError `store-missing`, `store-damaged`, `wrong-passphrase` or `log-damaged` */
  static open(ports: KeyServicePorts, passphrase: string): Vault {
    const { provider, store, log, scrypt = portableScrypt } = ports;
    const text = store.read();
    if (text === undefined) throw new KmsError('store-missing', 'there is no store here');
    const { plain, storeKey } = decryptText(provider, scrypt, passphrase, text);
    const state = JSON.parse(plain) as KmsState;
    const { head, last } = state;
    const lines = [...log.read()];
    if (lines.length === head.sequence) {
      const line = JSON.stringify(last);
      verifyAudit(provider, [...lines, line], head);
      log.append(line);
      lines.push(line);
    }
    const records = verifyAudit(provider, lines, head);
    const missing = records.slice(head.sequence + 1).find(({ changes }) => changes);
    if (missing !== undefined)
      throw new KmsError('store-damaged', `the state is older than record ${missing.sequence} of its log`);
    return new Vault(ports, storeKey, state, headOf(records.at(-1) ?? last));
  }

  get state(): KmsState {
    return this.#state;
  }

  get head(): AuditHead {
    return this.#head;
  }

  /** Adds a record of something that changes nothing. */
  record(entry: AuditEntry): AuditRecord {
    this.#requireSound();
    const record = nextRecord(this.#ports.provider, this.#head, this.#ports.now(), entry);
    this.#append(record);
    return record;
  }

  /** Changes the state and records it. @param change - gets the number of the record */
  commit(entry: AuditEntry, change: (state: KmsState, at: string, sequence: number) => Contents): AuditRecord {
    this.#requireSound();
    const { provider, now } = this.#ports;
    const record = nextRecord(provider, this.#head, now(), { ...entry, changes: true });
    const state = {
      ...change(this.#state, record.time, record.sequence),
      head: headOf(record),
      last: record,
    };
    this.#write(state);
    this.#state = state;
    this.#append(record);
    return record;
  }

  #write(state: KmsState): void {
    const { provider, entropy, store } = this.#ports;
    store.replace(encryptText(provider, entropy, this.#storeKey, JSON.stringify(state)));
  }

  #append(record: AuditRecord): void {
    try {
      this.#ports.log.append(JSON.stringify(record));
    } catch (cause) {
      this.#failed = cause;
      throw cause;
    }
    this.#head = headOf(record);
  }

  #requireSound(): void {
    if (this.#failed !== undefined)
      throw new KmsError('log-damaged', 'a record could not be written; open the store again', {
        cause: this.#failed,
      });
  }

  /** Forgets the key: nothing can be written any more. */
  close(): void {
    this.#storeKey.key.wipe();
  }
}
