import {
  AcceleratorState,
  type Command,
  execute,
  microseconds,
  runToEnd,
  Tracer,
  type Value,
} from '@rootcap/adams-bridge';
import { markdownTable } from './markdown.ts';

/** One operation as the model runs it, and what others say of it. */
interface Cost {
  readonly operation: string;
  readonly cycles: number;
  /** Cycles of the RTL v2.0.3 in simulation, over several inputs. */
  readonly rtl: string;
  /** What adams-bridge:docs print for the protected core. */
  readonly printed: string;
}

type Inputs = Readonly<Partial<Record<Value, Uint8Array>>>;

interface Ran {
  readonly state: AcceleratorState;
  readonly tracer: Tracer;
  readonly passes: number;
}

function run(command: Command, inputs: Inputs, externalMu = false): Ran {
  const state = new AcceleratorState();
  for (const [name, bytes] of Object.entries(inputs)) state.set(name as Value, bytes);
  const tracer = new Tracer();
  const { passes } = runToEnd(execute(state, command, { externalMu }), tracer.record);
  return { state, tracer, passes };
}

const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);
const changed = (bytes: Uint8Array, at: number, value: number): Uint8Array =>
  bytes.map((byte, i) => (i === at ? value : byte));
/** Message n of the recorded traces: bytes 0 and 5 are not zero. */
const message = (n: number): Uint8Array =>
  Uint8Array.from({ length: 64 }, (_, i) => (i === 0 ? n : i === 5 ? 0x63 : 0));

/** The first message whose signing takes so many passes. */
function signing(privateKey: Uint8Array, wanted: number): Ran & { readonly message: Uint8Array } {
  for (let n = 0; ; n++) {
    const ran = run('MLDSA_SIGN', { privateKey, message: message(n) });
    if (ran.passes === wanted) return { ...ran, message: message(n) };
  }
}

/** Mean passes of the signing loop. FIPS 204, table 1. */
const MEAN_PASSES = 3.85;

function mldsaCosts(): Cost[] {
  const keygen = run('MLDSA_KEYGEN', { mldsaSeed: filled(32, 7) });
  const [publicKey, privateKey] = [keygen.state.get('publicKey'), keygen.state.get('privateKey')];
  const [one, two] = [signing(privateKey, 1), signing(privateKey, 2)];
  const further = two.tracer.cycles - (two.tracer.entries.find(({ pass }) => pass === 2)?.cycle ?? 0);
  const external = run('MLDSA_SIGN', { privateKey, mu: one.state.get('mu') }, true);
  const both = run('MLDSA_KEYGEN_SIGN', { mldsaSeed: filled(32, 7), message: one.message });
  const signature = one.state.get('signature');
  const verify = (bytes: Uint8Array): number =>
    run('MLDSA_VERIFY', { publicKey, signature: bytes, message: one.message }).tracer.cycles;
  const badKey = changed(privateKey, 128, 0xff);
  return [
    { operation: 'ML-DSA-87 key generation', cycles: keygen.tracer.cycles, rtl: '15,525 to 15,532', printed: '15,600' },
    { operation: 'signature, first pass taken', cycles: one.tracer.cycles, rtl: '63,172 to 63,185', printed: '36,700' },
    { operation: 'each further pass', cycles: further, rtl: '54,469 to 54,481', printed: '–' },
    {
      operation: `signature, mean of ${MEAN_PASSES} passes`,
      cycles: Math.round(one.tracer.cycles + (MEAN_PASSES - 1) * further),
      rtl: '218,430 (computed)',
      printed: '146,800',
    },
    { operation: 'signature with μ, one pass', cycles: external.tracer.cycles, rtl: '45 fewer', printed: '–' },
    {
      operation: 'key generation and signature, one pass',
      cycles: both.tracer.cycles,
      rtl: '15,481 more',
      printed: '–',
    },
    { operation: 'verification', cycles: verify(signature), rtl: '18,772', printed: '18,800' },
    { operation: '… z too large', cycles: verify(signature.fill(0, 64, 70)), rtl: '561', printed: '–' },
    {
      operation: '… hints not encoded well',
      cycles: verify(changed(one.state.get('signature'), 4626, 200)),
      rtl: 'about 17,660',
      printed: '–',
    },
    {
      operation: 'signature, wrong symbol of s1',
      cycles: run('MLDSA_SIGN', { privateKey: badKey, message: one.message }).tracer.cycles,
      rtl: '149',
      printed: '–',
    },
  ];
}

function mlkemCosts(): Cost[] {
  const seeds = { seedD: Uint8Array.from({ length: 32 }, (_, i) => i), seedZ: filled(32, 3) };
  const keygen = run('MLKEM_KEYGEN', seeds);
  const encapsulationKey = keygen.state.get('encapsulationKey');
  const decapsulationKey = keygen.state.get('decapsulationKey');
  const encaps = run('MLKEM_ENCAPS', { encapsulationKey, kemMessage: filled(32, 5) });
  const ciphertext = encaps.state.get('ciphertext');
  const decaps = (inputs: Inputs): number => run('MLKEM_DECAPS', inputs).tracer.cycles;
  const forged = changed(ciphertext, 9, (ciphertext[9] as number) ^ 1);
  const wrongHash = changed(decapsulationKey, 3104, (decapsulationKey[3104] as number) ^ 1);
  const wrongModulus = encapsulationKey.map((byte, i) => (i < 2 ? 0xff : byte));
  const inBoth = run('MLKEM_KEYGEN_DECAPS', { ...seeds, ciphertext });
  return [
    { operation: 'ML-KEM-1024 key generation', cycles: keygen.tracer.cycles, rtl: '6,651 to 6,653', printed: '6,603' },
    { operation: 'encapsulation', cycles: encaps.tracer.cycles, rtl: '8,608', printed: '8,509' },
    { operation: 'decapsulation', cycles: decaps({ decapsulationKey, ciphertext }), rtl: '12,212', printed: '12,117' },
    {
      operation: '… implicit rejection',
      cycles: decaps({ decapsulationKey, ciphertext: forged }),
      rtl: '12,212',
      printed: '–',
    },
    { operation: 'key generation and decapsulation', cycles: inBoth.tracer.cycles, rtl: '18,863', printed: '–' },
    {
      operation: 'encapsulation, key value above 3328',
      cycles: run('MLKEM_ENCAPS', { encapsulationKey: wrongModulus }).tracer.cycles,
      rtl: '507',
      printed: '–',
    },
    {
      operation: 'decapsulation, wrong hash in the key',
      cycles: decaps({ decapsulationKey: wrongHash, ciphertext }),
      rtl: '287',
      printed: '–',
    },
  ];
}

/** What each operation of the accelerator costs in the model, beside the RTL's figures. */
export function acceleratorCosts(): string {
  const rows = [...mldsaCosts(), ...mlkemCosts()].map(({ operation, cycles, rtl, printed }) => [
    operation,
    cycles.toLocaleString('en'),
    rtl,
    printed,
    microseconds(cycles, 400).toFixed(2),
    microseconds(cycles, 600).toFixed(2),
  ]);
  return markdownTable(['operation', 'model', 'RTL v2.0.3', 'documents', 'µs at 400 MHz', 'µs at 600 MHz'], rows);
}
