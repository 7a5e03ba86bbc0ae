import type { Register, RegisterBlock } from '@rootcap/struct';
import { RegisterFile, type ResetKind } from './block.ts';
import { EngineError } from './engine-error.ts';
import { KEY_SIZE, KEY_SLOTS } from './key-vault.ts';
import type { Shape } from './state.ts';

/** Error field of the key-vault status registers. caliptra-rtl:src/keyvault/rtl/kv_def.rdl */
export const KV_SUCCESS = 0;
const KV_READ_FAIL = 1;
const KV_WRITE_FAIL = 2;

/** Saved slot number of a port, -1 for none. */
export const SAVED_SLOT: Shape = { oneOf: Array.from({ length: 33 }, (_, i) => i - 1) };

const READY = 1;
const VALID = 2;

/** A key-vault port's control word, taken apart: bit 0 start, [5:1] slot, [14:6] uses that a written key gets. */
export function kvControl(word: number): { readonly enable: boolean; readonly slot: number; readonly usage: number } {
  return { enable: (word & 1) !== 0, slot: (word >>> 1) & 0x1f, usage: (word >>> 6) & 0x1ff };
}

/** Registers of a crypto engine: a register file with hardwired values and ports to the key vault. */
export class EngineRegisters<const R extends Record<string, Register>> extends RegisterFile<R> {
  readonly #powerOn: readonly (readonly [name: keyof R & string, words: readonly number[]])[];

  /** @param powerOn - what names, versions and status registers show after a reset */
  constructor(declaration: RegisterBlock<R>, powerOn: Partial<Record<keyof R & string, readonly number[]>>) {
    super(declaration);
    this.#powerOn = Object.entries(powerOn) as [keyof R & string, readonly number[]][];
    this.#start();
  }

  override reset(kind: ResetKind): void {
    super.reset(kind);
    // An update reset restarts the core only.
    if (kind !== 'update') this.#start();
  }

  #start(): void {
    for (const [name, words] of this.#powerOn) for (const [i, word] of words.entries()) this.store(name, word, i);
  }

  /** Error field of a status register. */
  protected kvError(status: keyof R & string): number {
    return this.stored(status) >>> 2;
  }

  /**
   * A read of the key vault through a port.
   *
   * @param read - throws an EngineError if the vault refuses
   * @returns undefined if it refused; the status register tells so too
   */
  protected kvRead(status: keyof R & string, slot: number, read: () => Uint8Array): Uint8Array | undefined {
    const data = attempt(() => (slot < KEY_SLOTS ? read() : new Uint8Array(KEY_SIZE)));
    this.store(status, data === undefined ? VALID | (KV_READ_FAIL << 2) : READY | VALID);
    return data;
  }

  /** A write of the key vault through a port whose control word asks for it; the request is then used up. */
  protected kvWrite(
    ctrl: keyof R & string,
    status: keyof R & string,
    write: (slot: number, usage: number) => void,
  ): void {
    const { slot, usage } = kvControl(this.stored(ctrl));
    this.store(ctrl, (this.stored(ctrl) & ~1) >>> 0);
    const done = attempt(() => {
      if (slot < KEY_SLOTS) write(slot, usage);
      return true;
    });
    this.store(status, READY | VALID | (done === undefined ? KV_WRITE_FAIL << 2 : 0));
  }

  /** What zeroize does to a port's status. */
  protected kvZeroize(status: keyof R & string): void {
    this.store(status, READY | (this.stored(status) & VALID));
  }

  protected clearWords(...names: readonly (keyof R & string)[]): void {
    for (const name of names) {
      const first = this.wordIndex(name);
      this.words.fill(0, first, first + (this.declaration.registers[name] as Register).count);
    }
  }
}

function attempt<T>(operation: () => T): T | undefined {
  try {
    return operation();
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}
