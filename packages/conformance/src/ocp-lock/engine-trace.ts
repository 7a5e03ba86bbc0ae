import { ENCRYPTION_ENGINE_SFR, ENGINE_COMMAND, EncryptionEngine } from '@rootcap/hardware';
import { compareCode, firstMismatch } from '../caliptra/checks.ts';
import { Fields, isObject, type JsonObject, readJson } from '../fields.ts';
import { type Mismatch, notRun, type Recognizer, runTests, type TestCase } from '../suite.ts';
import { suiteName } from '../vector-paths.ts';

const SOURCE = 'Caliptra emulator, control register of its encryption engine';
const { CTRL, METD } = ENCRYPTION_ENGINE_SFR.registers;
/** Keys that fit. */
const CACHE_SIZE = 8;

const COMMANDS = { load: 'LOAD_MEK', unload: 'UNLOAD_MEK', zeroize: 'ZEROIZE' } as const;
type CommandName = keyof typeof COMMANDS;

/** The engine as the bus sees it. */
class Registers {
  readonly #engine = new EncryptionEngine({ katMek: false }).device;
  readonly #clear: number;

  constructor(clear: number) {
    this.#clear = clear;
  }

  get control(): number {
    const word = this.#engine.read(CTRL.offset, 4);
    return new DataView(word.buffer, word.byteOffset).getUint32(0, true);
  }

  #write(offset: number, value: number): void {
    const word = new Uint8Array(4);
    new DataView(word.buffer).setUint32(0, value, true);
    this.#engine.write(offset, word);
  }

  /** @returns CTRL as it is then */
  execute(word: number, metadata = 1): number {
    this.#write(METD.offset, metadata);
    this.#write(CTRL.offset, word);
    return this.control;
  }

  clear(): void {
    this.#write(CTRL.offset, this.#clear);
  }
}

const word = (fields: Fields, name: string): number => Number.parseInt(fields.text(name), 16);

/** Brings an engine to the point where a command fails. */
const FAILURES: Readonly<Record<string, (engine: Registers, write: (name: CommandName) => number) => number>> = {
  cache_full_on_load(engine, write) {
    for (let i = 0; i < CACHE_SIZE; i++) {
      engine.execute(write('load'), i + 1);
      engine.clear();
    }
    return engine.execute(write('load'), CACHE_SIZE + 1);
  },
  not_found_on_unload: (engine, write) => engine.execute(write('unload')),
  duplicate_metadata_on_load(engine, write) {
    engine.execute(write('load'));
    engine.clear();
    return engine.execute(write('load'));
  },
  invalid_command_15: (engine) => engine.execute((15 << 2) | 1),
};

function traceTests(json: JsonObject): TestCase[] {
  const fields = new Fields(json);
  const [execute, ok, error] = ['write_execute', 'read_done_ok', 'read_done_error'].map(
    (name) => new Fields(json[name] as JsonObject),
  ) as [Fields, Fields, Fields];
  const engine = () => new Registers(word(fields, 'write_clear'));
  const idle = (registers: Registers): Mismatch => compareCode('CTRL', registers.control, word(fields, 'idle'));
  const commands = (Object.keys(COMMANDS) as CommandName[]).map((name) => ({
    id: name,
    run() {
      const registers = engine();
      const write = word(execute, name);
      const number = compareCode('CTRL to write', (ENGINE_COMMAND[COMMANDS[name]] << 2) | 1, write);
      if (name === 'unload') {
        registers.execute(word(execute, 'load'));
        registers.clear();
      }
      const done = compareCode('CTRL', registers.execute(write), word(ok, name));
      registers.clear();
      return firstMismatch(number, done, idle(registers));
    },
  }));
  const failures = Object.keys(json.read_done_error as JsonObject).map((name) => ({
    id: name,
    run() {
      const fail = FAILURES[name] ?? notRun(`unknown failure "${name}"`);
      const registers = engine();
      const done = compareCode(
        'CTRL',
        fail(registers, (command) => word(execute, command)),
        word(error, name),
      );
      registers.clear();
      return firstMismatch(done, idle(registers));
    },
  }));
  return [{ id: 'idle', run: () => idle(engine()) }, ...commands, ...failures];
}

/** Values of CTRL, command by command: `write_execute`, `read_done_ok`, `read_done_error`. */
export const engineTrace: Recognizer = {
  kind: 'ocp-lock-engine-trace',
  recognize(entry) {
    if (entry.kind !== 'file') return undefined;
    const json = readJson(entry);
    if (!isObject(json) || !isObject(json.write_execute) || !isObject(json.read_done_error)) return undefined;
    const name = suiteName(entry);
    return { name, source: SOURCE, run: ({ limits }) => runTests(name, SOURCE, traceTests(json), limits) };
  },
};
