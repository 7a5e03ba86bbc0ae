import { COMMAND_ID, messagesOf } from '@rootcap/firmware';
import { CHAIN_ALGORITHMS } from 'rootcap';
import { DIRECTIVES } from './console.ts';
import { requestFields } from './field-values.ts';
import { DPE_NAMES, requestsOf } from './request.ts';
import { dpeRequestLayout } from './session.ts';
import { wordsOf } from './words.ts';

const NAMES = Object.keys(COMMAND_ID);
const WORDS: Readonly<Record<string, readonly string[]>> = {
  reset: ['warm', 'cold', 'update'],
  events: ['on', 'off'],
  help: [...NAMES, 'dpe'],
};

/** Names of the fields that a request does not have yet, each with `=`. */
function fieldsOf(words: readonly string[]): string[] {
  const request = requestsOf(words).at(-1);
  if (request === undefined || request.kind === 'unknown' || request.body !== undefined) return [];
  const layout =
    request.kind === 'dpe' ? dpeRequestLayout(request.name, request.algorithm) : messagesOf(request.name).request;
  const given = request.assignments.map(([path]) => path);
  return layout === undefined
    ? []
    : requestFields(layout)
        .filter(({ name }) => !given.includes(name))
        .map(({ name }) => `${name}=`);
}

function candidates(before: readonly string[]): readonly string[] {
  const [first, second] = before.map((word) => word.toLowerCase());
  if (first === undefined) return [...NAMES, ...Object.keys(DIRECTIVES), 'dpe'];
  if (first === 'dpe' && second === undefined) return [...CHAIN_ALGORITHMS, ...DPE_NAMES];
  if (first === 'dpe' && before.length === 2 && CHAIN_ALGORITHMS.some((name) => name === second)) return DPE_NAMES;
  if (first === 'help' && second === 'dpe') return DPE_NAMES;
  if (Object.hasOwn(DIRECTIVES, first)) return before.length === 1 ? (WORDS[first] ?? []) : [];
  return fieldsOf(before);
}

/** What may stand in the place of the last word of a line, and that word: command names, directives, names of fields. */
export function complete(line: string): [matches: string[], word: string] {
  const word = /\S*$/.exec(line)?.[0] ?? '';
  try {
    const all = candidates(wordsOf(line.slice(0, line.length - word.length)));
    return [all.filter((candidate) => candidate.toLowerCase().startsWith(word.toLowerCase())), word];
  } catch {
    // A line that is wrong already has no continuation.
    return [[], word];
  }
}
