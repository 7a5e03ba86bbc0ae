import { UsageError } from '../errors.ts';

/** Words of a line: separated by blanks, quotes keep them together, `#` starts a comment. */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (const character of line) {
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else word += character;
    } else if (character === '#' && word === undefined) {
      break;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== undefined) throw new UsageError(`line: no second ${quote}`);
  return word === undefined ? words : [...words, word];
}
