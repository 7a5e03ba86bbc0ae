import { type AnyLayout, type CommandName, messagesOf } from '@rootcap/firmware';
import type { Random } from './random.ts';

/** Smallest field that is worth sending back: IVs, handles, contexts, keys, digests. */
const SMALLEST = 12;
/** Values of one kind that are kept. */
const KEPT = 16;

/** What a device answered so far in a sequence, for later requests: the way to what lies behind the first checks. */
export class Gathered {
  readonly #values = new Map<string, Uint8Array[]>();

  clear(): void {
    this.#values.clear();
  }

  /** @param kind - the size in bytes, or a name where the size does not tell what a value is good for */
  keep(kind: string | number, value: Uint8Array): void {
    const values = this.#values.get(String(kind)) ?? [];
    this.#values.set(String(kind), values);
    values.push(value);
    if (values.length > KEPT) values.shift();
  }

  /** Keeps a value in place of those before. */
  replace(kind: string, value: Uint8Array): void {
    this.#values.set(kind, [value]);
  }

  pick(random: Random, kind: string | number): Uint8Array | undefined {
    const values = this.#values.get(String(kind));
    return values === undefined ? undefined : random.pick(values).slice();
  }

  /** Keeps the fields of a response that are there whole. @param keyUsage - of a wrapped key in it */
  keepFields(layout: AnyLayout, response: Uint8Array, keyUsage: number): void {
    for (const name of layout.fieldNames) {
      const { offset, field } = layout.member(name);
      if (name === 'hdr') for (const row of field.rows ?? []) this.#keepRow(row.path, row.offset, row.size, response);
      else if (field.type !== 'EncryptedCmk') this.#keepRow(name, offset, field.size, response);
      else if (offset + field.size <= response.length)
        this.keep(cmkKind(keyUsage), response.slice(offset, offset + field.size));
    }
  }

  /** A signature that the device made becomes the request that verifies it. */
  keepVerification(command: string, request: Uint8Array, response: Uint8Array): void {
    const verify = VERIFICATIONS[command];
    if (verify === undefined) return;
    const signing = messagesOf(command as CommandName);
    const to = messagesOf(verify);
    if (signing.request === undefined || signing.response === undefined || to.request === undefined) return;
    const made = new Uint8Array(to.request.size);
    copyFields(signing.request, request, to.request, made);
    copyFields(signing.response, response, to.request, made);
    this.keep(exampleKind(verify), made);
  }

  #keepRow(name: string, offset: number, size: number, response: Uint8Array): void {
    if (size < SMALLEST || offset + size > response.length) return;
    this.keep(kindOf(name, size), response.slice(offset, offset + size));
  }
}

/** A context has the size of a wrapped key, or of a digest, but is neither. */
export function kindOf(field: string, size: number): string | number {
  if (field === 'exported_cdi_handle') return EXPORTED_CDI;
  return field === 'context' ? `context ${size}` : size;
}

export const EXPORTED_CDI = 'exported CDI';

/** A whole request that was put together from an answer. */
export function exampleKind(command: string): string {
  return `request ${command}`;
}

export function cmkKind(usage: number): string {
  return `key ${usage}`;
}

const VERIFICATIONS: Readonly<Record<string, CommandName>> = {
  CM_ECDSA_SIGN: 'CM_ECDSA_VERIFY',
  CM_MLDSA_SIGN: 'CM_MLDSA_VERIFY',
};

/** Fields of the same name, as far as they are in `source`. */
function copyFields(from: AnyLayout, source: Uint8Array, to: AnyLayout, target: Uint8Array): void {
  for (const name of from.fieldNames) {
    if (name === 'hdr' || !to.fieldNames.includes(name)) continue;
    const { offset, field } = from.member(name);
    target.set(source.subarray(offset, offset + field.size), to.member(name).offset);
  }
}
