import { ERROR_PC, type Program } from './program.ts';

/** What software can ask for: MLDSA_CTRL 1..4 and MLKEM_CTRL 1..4. */
export type Command =
  | 'MLDSA_KEYGEN'
  | 'MLDSA_SIGN'
  | 'MLDSA_VERIFY'
  | 'MLDSA_KEYGEN_SIGN'
  | 'MLKEM_KEYGEN'
  | 'MLKEM_ENCAPS'
  | 'MLKEM_DECAPS'
  | 'MLKEM_KEYGEN_DECAPS';

/** Label at which each command begins. */
const ENTRY: Readonly<Record<Command, string>> = {
  MLDSA_KEYGEN: 'MLDSA_KG_S',
  MLDSA_SIGN: 'MLDSA_SIGN_S',
  MLDSA_VERIFY: 'MLDSA_VERIFY_S',
  MLDSA_KEYGEN_SIGN: 'MLDSA_KG_S',
  MLKEM_KEYGEN: 'MLKEM_KG_S',
  MLKEM_ENCAPS: 'MLKEM_ENCAPS_S',
  MLKEM_DECAPS: 'MLKEM_DECAPS_S',
  MLKEM_KEYGEN_DECAPS: 'MLKEM_KG_S',
};

/**
 * What an instruction found: nothing; that a norm, hint or comparison fails, which rejects the pass, the signature or the
 * ciphertext; or an input on which the accelerator stops.
 */
export type Finding = 'ok' | 'failed' | 'error';

/**
 * The program counter of one command. Words with a label that decides where to go next are found by label, so a patched
 * program keeps them. adams-bridge:src/abr_top/rtl/abr_ctrl.sv, v2.0.3
 */
export class Sequencer {
  readonly #program: Program;
  readonly #command: Command;
  readonly #externalMu: boolean;
  readonly #branches: ReadonlyMap<number, () => number | undefined>;
  #pc: number | undefined;
  #valid = true;
  #kappa = 0;
  #passes = 1;
  #keyMade = false;

  /** @param externalMu - the command brings μ: its hash is left out */
  constructor(program: Program, command: Command, externalMu = false) {
    this.#program = program;
    this.#command = command;
    this.#externalMu = externalMu;
    this.#branches = this.#decisions();
    this.#pc = program.pc(ENTRY[command]);
  }

  /** @returns undefined after the last instruction */
  get pc(): number | undefined {
    return this.#pc;
  }

  get error(): boolean {
    return this.#pc === ERROR_PC;
  }

  /** Nonce of the first polynomial of y in this pass: 7 more in each. */
  get kappa(): number {
    return this.#kappa;
  }

  /** Passes of the signing loop that have begun. */
  get passes(): number {
    return this.#passes;
  }

  /** Whether no check of this pass, signature or ciphertext has failed. */
  get valid(): boolean {
    return this.#valid;
  }

  /** A decapsulation: the key's hash and the ciphertext are compared. */
  get decapsulating(): boolean {
    return this.#command === 'MLKEM_DECAPS' || (this.#command === 'MLKEM_KEYGEN_DECAPS' && this.#keyMade);
  }

  /** An encapsulation alone: the encapsulation key is compared. */
  get encapsulating(): boolean {
    return this.#command === 'MLKEM_ENCAPS';
  }

  /** Goes on from the instruction at `pc`, which found `finding`. */
  advance(finding: Finding = 'ok'): void {
    const pc = this.#pc;
    if (pc === undefined || pc === ERROR_PC) return;
    if (finding === 'error') this.#pc = ERROR_PC;
    else {
      if (finding === 'failed') this.#valid = false;
      const decide = this.#branches.get(pc);
      if (decide !== undefined) this.#pc = decide();
      else if (finding === 'failed' && this.#command === 'MLDSA_VERIFY') this.#pc = this.#program.pc('MLDSA_VERIFY_E');
      else this.#pc = pc + 1;
    }
  }

  #decisions(): Map<number, () => number | undefined> {
    const at = (label: string) => this.#program.pc(label);
    const withMu = (label: string, next: string) => () => at(this.#externalMu ? next : label);
    const table: Readonly<Record<string, () => number | undefined>> = {
      MLDSA_KG_JUMP_SIGN: () => at(this.#command === 'MLDSA_KEYGEN_SIGN' ? 'MLDSA_SIGN_CHECK_MODE' : 'MLDSA_KG_E'),
      MLDSA_KG_E: () => undefined,
      MLDSA_SIGN_CHECK_MODE: withMu('MLDSA_SIGN_H_MU', 'MLDSA_SIGN_H_RHO_P'),
      MLDSA_SIGN_CHL_E: () => (this.#valid ? at('MLDSA_SIGN_E') : this.#nextPass()),
      MLDSA_SIGN_E: () => undefined,
      MLDSA_VERIFY_CHECK_MODE: withMu('MLDSA_VERIFY_H_MU', 'MLDSA_VERIFY_MAKE_C'),
      MLDSA_VERIFY_E: () => undefined,
      MLKEM_KG_E: () => {
        this.#keyMade = true;
        return this.#command === 'MLKEM_KEYGEN_DECAPS' ? at('MLKEM_DECAPS_S') : undefined;
      },
      MLKEM_ENCAPS_E: () => (this.#command === 'MLKEM_ENCAPS' ? undefined : at('MLKEM_DECAPS_CHK')),
      MLKEM_DECAPS_E: () => undefined,
    };
    return new Map(Object.entries(table).map(([label, decide]) => [at(label), decide]));
  }

  #nextPass(): number {
    this.#valid = true;
    this.#kappa = (this.#kappa + 7) & 0xffff;
    this.#passes++;
    return this.#program.pc('MLDSA_SIGN_LFSR_S');
  }
}
