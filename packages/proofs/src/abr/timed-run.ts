import type { Command, Value } from '@rootcap/adams-bridge';
import type { TraceInputs } from '@rootcap/conformance';
import { ABR_REG, UC_ACCESS } from '@rootcap/hardware';
import { createAbrBench } from './bench.ts';
import { littleWord } from './register-driver.ts';

type RegisterName = keyof (typeof ABR_REG)['registers'] & string;

/** Register and code of each command. */
const COMMANDS: Readonly<Record<Command, readonly [register: 'MLDSA_CTRL' | 'MLKEM_CTRL', code: number]>> = {
  MLDSA_KEYGEN: ['MLDSA_CTRL', 1],
  MLDSA_SIGN: ['MLDSA_CTRL', 2],
  MLDSA_VERIFY: ['MLDSA_CTRL', 3],
  MLDSA_KEYGEN_SIGN: ['MLDSA_CTRL', 4],
  MLKEM_KEYGEN: ['MLKEM_CTRL', 1],
  MLKEM_ENCAPS: ['MLKEM_CTRL', 2],
  MLKEM_DECAPS: ['MLKEM_CTRL', 3],
  MLKEM_KEYGEN_DECAPS: ['MLKEM_CTRL', 4],
};
const [EXTERNAL_MU, STREAM] = [0x20, 0x40];
const STREAM_READY = 4;

/** Register that each input is written to. */
const REGISTERS: Readonly<Partial<Record<Value, RegisterName>>> = {
  entropy: 'ABR_ENTROPY',
  mldsaSeed: 'MLDSA_SEED',
  signRnd: 'MLDSA_SIGN_RND',
  message: 'MLDSA_MSG',
  mu: 'MLDSA_EXTERNAL_MU',
  publicKey: 'MLDSA_PUBKEY',
  privateKey: 'MLDSA_PRIVKEY_IN',
  signature: 'MLDSA_SIGNATURE',
  seedD: 'MLKEM_SEED_D',
  seedZ: 'MLKEM_SEED_Z',
  kemMessage: 'MLKEM_MSG',
  encapsulationKey: 'MLKEM_ENCAPS_KEY',
  decapsulationKey: 'MLKEM_DECAPS_KEY',
  ciphertext: 'MLKEM_CIPHERTEXT',
};

/** How long a command took and what the status registers then show. */
export interface TimedRun {
  /** From the write of the control register to VALID or ERROR. */
  readonly cycles: number;
  /** MLDSA_STATUS and MLKEM_STATUS. */
  readonly status: readonly [number, number];
}

/** Gives a command with its inputs to the registers of the model, on a clock, and waits for its end. */
export function timedRun({ command, values, externalMu = false, stream }: TraceInputs): TimedRun {
  let now = 0;
  const { abr } = createAbrBench('rtl-2.0.3', {}, { clock: { now: () => now, spend: () => {} } });
  const write = (name: RegisterName, value: number, index = 0): void =>
    abr.writeRegister(ABR_REG.registers[name].offset + 4 * index, value >>> 0, UC_ACCESS);
  const read = (name: RegisterName): number => abr.readRegister(ABR_REG.registers[name].offset, UC_ACCESS);
  const load = (name: RegisterName, bytes: Uint8Array): void => {
    for (let i = 0; i < bytes.length; i++) if (i % 4 === 0) write(name, littleWord(bytes.subarray(i, i + 4)), i / 4);
  };
  const finish = (): void => {
    for (; abr.eventDue < Number.POSITIVE_INFINITY; abr.settle()) now = abr.eventDue;
  };
  for (const [value, bytes] of Object.entries(values)) {
    const name = REGISTERS[value as Value];
    if (name !== undefined) load(name, bytes);
  }
  if (stream !== undefined) {
    load('MLDSA_CTX', stream.context);
    write('MLDSA_CTX_CONFIG', stream.context.length);
  }
  const [register, code] = COMMANDS[command];
  write(register, code | (externalMu ? EXTERNAL_MU : 0) | (stream ? STREAM : 0));
  finish();
  if (stream !== undefined && (read('MLDSA_STATUS') & STREAM_READY) !== 0) {
    now += stream.hostCycles;
    const whole = stream.message.length & ~3;
    write('MLDSA_MSG_STROBE', 0xf);
    for (let i = 0; i < whole; i += 4) write('MLDSA_MSG', littleWord(stream.message.subarray(i, i + 4)));
    write('MLDSA_MSG_STROBE', (1 << (stream.message.length - whole)) - 1);
    write('MLDSA_MSG', littleWord(stream.message.subarray(whole)));
    finish();
  }
  return { cycles: now, status: [read('MLDSA_STATUS'), read('MLKEM_STATUS')] };
}
