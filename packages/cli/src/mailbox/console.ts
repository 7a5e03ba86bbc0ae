import { type Device, demoBundle } from 'rootcap';
import { UsageError } from '../errors.ts';
import type { Terminal } from '../terminal.ts';
import { parseInteger } from '../values.ts';
import { requestsOf } from './request.ts';
import type { Answer, MailboxSession } from './session.ts';
import { eventLine, helpLines, stateLine } from './view.ts';
import { wordsOf } from './words.ts';

/** What a line may be besides a command of the mailbox. */
export const DIRECTIVES: Readonly<Record<string, string>> = {
  help: 'this list; help NAME, help dpe NAME: fields of a command',
  state: 'where the device is, and what its error registers hold',
  boot: 'from where ROM waits to the runtime',
  reset: 'warm, cold or update: resets the device, and boots it again',
  'axi-user': 'N: sends as this AXI user from now on',
  events: 'on or off: shows what happens inside the device',
  exit: 'ends the session',
};

const bundleOf = ({ options }: Device): Uint8Array => options.firmware ?? demoBundle(options.provider);

/** Takes the lines of a script or a person. */
export class MailboxConsole {
  readonly #terminal: Terminal;
  readonly #session: MailboxSession;
  readonly #onAnswer: (answer: Answer) => void;
  #stopEvents: (() => void) | undefined;
  /** Whether the session was ended by a line. */
  ended = false;

  constructor(terminal: Terminal, session: MailboxSession, onAnswer: (answer: Answer) => void) {
    this.#terminal = terminal;
    this.#session = session;
    this.#onAnswer = onAnswer;
  }

  /** @throws UsageError for a line that is not understood, or what the device refuses */
  take(line: string): void {
    const words = wordsOf(line);
    const [first, ...rest] = words;
    if (first === undefined) return;
    if (Object.hasOwn(DIRECTIVES, first.toLowerCase())) this.#direct(first.toLowerCase(), rest);
    else for (const request of requestsOf(words)) this.#onAnswer(this.#session.run(request));
  }

  #direct(directive: string, words: readonly string[]): void {
    const session = this.#session;
    switch (directive) {
      case 'help':
        this.#help(words);
        break;
      case 'state':
        this.#terminal.talk(stateLine(session));
        break;
      case 'boot':
        session.device.loadFirmware(bundleOf(session.device));
        break;
      case 'reset':
        this.#reset(oneOf('reset', words[0], ['warm', 'cold', 'update']));
        break;
      case 'axi-user':
        session.axiUser = parseInteger(words[0] ?? '', 'axi-user');
        break;
      case 'events':
        this.#events(oneOf('events', words[0], ['on', 'off']) === 'on');
        break;
      case 'exit':
        this.ended = true;
    }
  }

  #help(words: readonly string[]): void {
    if (words.length > 0) for (const line of helpLines(this.#terminal, words)) this.#terminal.talk(line);
    else
      for (const [name, meaning] of Object.entries(DIRECTIVES)) this.#terminal.talk(`  ${name.padEnd(10)}${meaning}`);
    if (words.length === 0)
      this.#terminal.talk(
        'Everything else is a command: NAME field=value …, NAME 0x<body>, dpe [mldsa87] NAME field=value …',
      );
  }

  #reset(kind: 'warm' | 'cold' | 'update'): void {
    const { device } = this.#session;
    if (kind === 'update') {
      device.loadFirmware(bundleOf(device));
      return;
    }
    device.reset(kind);
    if (kind === 'cold') device.boot();
    else {
      device.burnFuses();
      device.run();
    }
  }

  #events(on: boolean): void {
    this.#stopEvents?.();
    const { dim } = this.#terminal.paintTalk;
    this.#stopEvents = on ? this.#session.device.on((event) => this.#terminal.talk(dim(eventLine(event)))) : undefined;
  }
}

function oneOf<Word extends string>(directive: string, word: string | undefined, words: readonly Word[]): Word {
  const found = words.find((candidate) => candidate === word);
  if (found === undefined) throw new UsageError(`${directive}: expected ${words.join(' or ')}, got "${word ?? ''}"`);
  return found;
}
