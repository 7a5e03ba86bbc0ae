import type { DriveEvent, DriveStatus } from '@rootcap/drive';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

function rows(terminal: Terminal, lines: readonly (readonly string[])[]): void {
  for (const line of table(lines, '')) terminal.print(line);
}

/** A drive as a person reads it. */
export function printStatus(terminal: Terminal, status: DriveStatus): void {
  const { bold, dim, green, red } = terminal.paint;
  const { serial, model, powered, hek, epoch, namespaces, ranges, parties } = status;
  terminal.print(`${bold(model)}, serial ${serial}, ${powered ? 'on' : 'off'}`);
  const epochs = `slot ${hek.slot + 1} of ${hek.slots}, ${hek.erasuresLeft} erasures left`;
  terminal.print(`HEK ${hek.available ? green('available') : red('unavailable')} (${epochs}); SEK epoch ${epoch}`);
  rows(terminal, [
    [dim('namespace'), dim('name'), dim('blocks')],
    ...namespaces.map(({ nsid, name, blockCount }) => [String(nsid), name, String(blockCount)]),
  ]);
  rows(terminal, [
    [dim('range'), dim('blocks'), dim('state'), dim('protected by')],
    ...ranges.map(({ name, nsid, start, end, locked, erased, pin, parties: needed }) => [
      name,
      `${nsid}: ${start}-${end}`,
      locked ? red(erased ? 'erased' : 'locked') : green('unlocked'),
      [...(pin ? ['PIN'] : []), ...needed].join(', ') || 'the drive',
    ]),
  ]);
  if (parties.length > 0)
    rows(terminal, [
      [dim('party'), dim('state')],
      ...parties.map(({ uid, enabled }) => [uid, enabled ? green('enabled') : 'not enabled']),
    ]);
}

/** An event in a line. */
export function eventLine(event: DriveEvent): string {
  switch (event.kind) {
    case 'power':
      return event.on ? `power on, HEK ${event.hekAvailable === true ? 'available' : 'unavailable'}` : 'power off';
    case 'hpke-key':
      return `HPKE key of KEM 0x${event.kemId.toString(16).padStart(4, '0')} replaced`;
    case 'party':
      return `party ${event.uid} ${event.change}`;
    case 'range':
      return `range ${event.name} ${event.change === 'pin' ? 'has another PIN' : event.change}`;
    case 'epoch':
      return `${event.erased.toUpperCase()} erased`;
  }
}
