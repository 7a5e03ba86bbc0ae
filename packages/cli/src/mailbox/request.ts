import { DPE_COMMANDS, type DpeCommandName } from '@rootcap/dpe';
import { COMMAND_ID, type CommandName, commandName } from '@rootcap/firmware';
import { CHAIN_ALGORITHMS, type ChainAlgorithm } from 'rootcap';
import { UsageError } from '../errors.ts';
import { parseHex, parseInteger } from '../values.ts';

/** What is said about the fields of a request: `field=value`, in order, or an object of values. */
export interface FieldInput {
  readonly assignments: readonly (readonly [path: string, value: string])[];
  readonly json?: unknown;
}

/** A command as it was typed. */
export type TypedRequest = FieldInput & { readonly body?: Uint8Array } & (
    | { readonly kind: 'mailbox'; readonly name: CommandName; readonly id: number }
    /** An id that no command has. */
    | { readonly kind: 'unknown'; readonly id: number }
    | { readonly kind: 'dpe'; readonly name: DpeCommandName; readonly algorithm: ChainAlgorithm }
  );

export const DPE_NAMES = Object.keys(DPE_COMMANDS) as DpeCommandName[];

const isAssignment = (word: string): boolean => /^[A-Za-z_][\w.[\]]*=/.test(word);

/** A name, case aside. */
function named<Name extends string>(names: readonly Name[], word: string): Name | undefined {
  return names.find((name) => name.toLowerCase() === word.toLowerCase());
}

/** Names that start alike or share parts with a word, for whoever mistyped it. */
function similar(names: readonly string[], word: string): string {
  const wanted = word.toUpperCase();
  const parts = wanted.split('_').filter((part) => part.length > 2);
  const likeness = (name: string): number => {
    const differs = [...wanted].findIndex((character, i) => character !== name[i]);
    const shared = parts.filter((part) => name.includes(part)).length;
    return shared === 0 && differs >= 0 && differs < 4 ? 0 : shared + (differs < 0 ? wanted.length : differs);
  };
  const near = names.filter((name) => likeness(name) > 0).toSorted((a, b) => likeness(b) - likeness(a));
  return near.length === 0 ? '' : `; similar are ${near.slice(0, 5).join(', ')}`;
}

/** @throws UsageError for a name that no command has */
export function commandNamed(word: string): CommandName {
  const names = Object.keys(COMMAND_ID) as CommandName[];
  const found = named(names, word);
  if (found === undefined) throw new UsageError(`command: nothing is called ${word}${similar(names, word)}`);
  return found;
}

/** @throws UsageError for a name that no DPE command has */
export function dpeCommandNamed(word: string): DpeCommandName {
  const found = named(DPE_NAMES, word);
  if (found === undefined)
    throw new UsageError(`command: no DPE command is called ${word}; known are ${DPE_NAMES.join(', ')}`);
  return found;
}

function mailboxRequest(word: string) {
  if (!/^0x/i.test(word)) {
    const name = commandNamed(word);
    return { kind: 'mailbox', name, id: COMMAND_ID[name] } as const;
  }
  const id = parseInteger(word, 'command');
  const name = commandName(id);
  return name === undefined ? ({ kind: 'unknown', id } as const) : ({ kind: 'mailbox', name, id } as const);
}

/** Takes one request from the front of `words`: its name, then `field=value`, or 0x and the bytes of its body. */
function takeRequest(words: string[]): TypedRequest {
  const first = words.shift() as string;
  let head: ReturnType<typeof mailboxRequest> | Pick<TypedRequest & { kind: 'dpe' }, 'kind' | 'name' | 'algorithm'>;
  if (first.toLowerCase() === 'dpe') {
    const algorithm = named(CHAIN_ALGORITHMS, words[0] ?? '');
    if (algorithm !== undefined) words.shift();
    const word = words.shift();
    if (word === undefined) throw new UsageError(`command: dpe needs a command; known are ${DPE_NAMES.join(', ')}`);
    head = { kind: 'dpe', name: dpeCommandNamed(word), algorithm: algorithm ?? 'ecdsa-p384' };
  } else head = mailboxRequest(first);
  const body = /^0x/i.test(words[0] ?? '') ? parseHex(words.shift() as string, 'body') : undefined;
  const assignments: [string, string][] = [];
  while (words.length > 0 && isAssignment(words[0] as string)) assignments.push(assignmentOf(words.shift() as string));
  return { ...head, assignments, ...(body === undefined ? {} : { body }) };
}

/** @throws UsageError unless `word` is `field=value` */
export function assignmentOf(word: string): [path: string, value: string] {
  if (!isAssignment(word)) throw new UsageError(`field: expected name=value, got "${word}"`);
  const at = word.indexOf('=');
  return [word.slice(0, at), word.slice(at + 1)];
}

/**
 * Requests from words: `NAME field=value … NAME …`, a DPE command behind `dpe` and its algorithm.
 *
 * @throws UsageError naming what is not understood
 */
export function requestsOf(words: readonly string[]): TypedRequest[] {
  const left = [...words];
  const requests: TypedRequest[] = [];
  while (left.length > 0) requests.push(takeRequest(left));
  return requests;
}
