import type { CommandOverview } from '@rootcap/conformance';
import type { AnyLayout, Pl0Rule } from '@rootcap/firmware';
import { hexWord } from './values.ts';

/** Titles of {@link commandCells}. */
export const COMMAND_COLUMNS = ['command', 'code', 'id', 'ROM', 'runtime', 'sender', 'request', 'response', 'status'];

/** Who may send a command, and when the runtime looks. */
const SENDERS: Readonly<Record<Pl0Rule, string>> = {
  first: 'PL0, before its length',
  decoded: 'PL0, after its length',
  own: 'PL0, after other checks',
  sometimes: 'PL0 for some requests',
};

const layoutText = (layout: AnyLayout | undefined, none: string): string =>
  layout === undefined ? none : `${layout.name} ${layout.size}`;

/** A command as text: one cell a column. Layouts come with their full size in bytes. */
export function commandCells({ name, code, id, rom, runtime, request, response, status }: CommandOverview): string[] {
  const pl0 = runtime?.pl0;
  const taken = rom !== undefined || runtime !== undefined;
  return [
    name,
    code,
    hexWord(id),
    rom?.length ?? '–',
    runtime?.length ?? '–',
    pl0 === undefined ? (taken ? 'anyone' : '–') : SENDERS[pl0],
    layoutText(request, 'raw bytes'),
    layoutText(response, 'status only'),
    status,
  ];
}
