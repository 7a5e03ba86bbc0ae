import {
  intt,
  MLDSA_Q,
  MLKEM_Q,
  N,
  ntt,
  nttRound,
  type Poly,
  type Prime,
  pwa,
  pwm,
  pws,
  twiddles,
} from '@rootcap/adams-bridge';
import type { VectorEntry, VectorFile, VectorFolder } from '../store.ts';
import { type Mismatch, notRun, type Recognizer, runTests, type TestCase } from '../suite.ts';
import { suiteName } from '../vector-paths.ts';

const SOURCE = 'Adams Bridge, memory images of its NTT bench';

const textOf = (file: VectorFile): string => new TextDecoder().decode(file.bytes()).trim();
const column = (file: VectorFile): number[] =>
  textOf(file)
    .split(/\s+/)
    .map((word) => Number.parseInt(word, 16));

/** Rows of four coefficients, the last one first in a line, as one word or as four. */
function rowsOf(file: VectorFile): number[][] {
  return textOf(file)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map((words) => words.flatMap((word) => (word.length === 24 ? (word.match(/.{6}/g) ?? []) : [word])))
    .map((words) => words.map((word) => Number.parseInt(word, 16)).reverse());
}
const image = (file: VectorFile): number[] => rowsOf(file).flat();

const ramp: Poly = Int32Array.from({ length: N }, (_, i) => i);

function round(poly: Poly, q: Prime, number: number): Int32Array {
  const result = new Int32Array(N);
  nttRound(poly, result, number, q);
  return result;
}

/** Rows in the order of the pins of the butterflies (u20, u21, v20, v21), first pin first, as rows of memory. */
function fromPins(file: VectorFile): number[] {
  return rowsOf(file).flatMap((row) => {
    const [a = 0, b = 0, c = 0, d = 0] = row.toReversed();
    return [a, c, b, d];
  });
}
const operands = (file: VectorFile): number[] => rowsOf(file).flatMap((row) => row.toReversed());

/** Row n of the second round's files is this row of memory. */
const secondRow = (n: number): number => 4 * (n & 15) + (n >> 4);
const reordered = (memory: Int32Array): number[] =>
  [...memory].map((_, i) => memory[4 * secondRow(i >> 2) + (i & 3)] as number);

/** Row of coefficients 4r.. of the round's result, one coefficient from each quarter of the polynomial. */
const interleaved = (poly: ArrayLike<number>): number[] =>
  Array.from({ length: N }, (_, i) => poly[(i >> 2) + 64 * (i & 3)] as number);

type Check = (
  file: VectorFile,
  folder: VectorFolder,
) => { readonly got: readonly number[]; readonly want: readonly number[] };

const first = round(ramp, MLDSA_Q, 0);

/** What each file of the bench has, by its name. */
const CHECKS: Readonly<Record<string, Check>> = {
  'ntt_unmasked_input.hex': (file) => ({ got: [...ramp], want: image(file) }),
  'ntt_stage0_mem.hex': (file) => ({ got: [...ramp], want: image(file).slice(0, N) }),
  'ntt_stage0.hex': (file) => ({ got: interleaved(ramp), want: operands(file) }),
  'ntt_stage0_out.hex': (file) => ({ got: [...first], want: fromPins(file) }),
  // Operand k of row 4R + j is coefficient j of row R + 16k.
  'ntt_stage2.hex': (file) => ({
    got: reordered(first.map((_, i) => first[4 * ((i >> 4) + 16 * (i & 3)) + ((i >> 2) & 3)] as number)),
    want: operands(file),
  }),
  'ntt_stage2_out.hex': (file) => ({ got: reordered(round(first, MLDSA_Q, 1)), want: fromPins(file) }),
  'ntt_stage67.hex': (file) => {
    const transformed = Int32Array.from(image(file));
    return { got: [...ntt(ramp, MLDSA_Q), ...intt(transformed, MLDSA_Q)], want: [...transformed, ...ramp] };
  },
  // Blanks split the numbers of the last line of operands.
  'kyber_stage0.hex': (file) => ({ got: [...ramp].slice(0, N - 4), want: image(file).slice(0, N - 4) }),
  'kyber_stage0_out.hex': (file) => ({ got: [...round(ramp, MLKEM_Q, 0)], want: interleaved(image(file)) }),
  'pwm_iter1.hex': (file) => ({ got: [...pwm(ramp, ramp, MLDSA_Q)], want: image(file) }),
  'pwm_iter2.hex': (file) => ({ got: [...pwm(ramp, ramp, MLDSA_Q, pwm(ramp, ramp, MLDSA_Q))], want: image(file) }),
  'pwa.hex': (file) => ({ got: [...pwa(ramp, ramp, MLDSA_Q)], want: image(file) }),
  'pws.hex': (file, folder) => {
    const input = folder.file('pws_input.hex') ?? notRun('no pws_input.hex');
    return { got: [...pws(ramp, Int32Array.from(image(input)), MLDSA_Q)], want: image(file) };
  },
  'zeta.txt': (file) => ({ got: zetas(MLDSA_Q, column(file).length), want: column(file) }),
  'zeta_inv.hex': (file) => ({ got: zetas(MLDSA_Q, column(file).length).map(negated(MLDSA_Q)), want: column(file) }),
  'kyber_zeta.txt': (file) => ({ got: zetas(MLKEM_Q, column(file).length), want: column(file) }),
  'kyber_zeta_inv.hex': (file) => ({
    got: zetas(MLKEM_Q, column(file).length).map(negated(MLKEM_Q)),
    want: column(file),
  }),
};

const zetas = (q: Prime, count: number): number[] => [...twiddles(q).zetas].slice(0, count);
const negated =
  (q: Prime) =>
  (zeta: number): number =>
    q - zeta;

function runFile(file: VectorFile, folder: VectorFolder): Mismatch {
  const check = CHECKS[file.name];
  if (check === undefined) return notRun('an image whose place in the bench is not known');
  const { got, want } = check(file, folder);
  const at = want.findIndex((value, i) => value !== got[i]);
  if (at >= 0) return `value ${at}: expected ${want[at]}, got ${got[at]}`;
  return got.length === want.length ? undefined : `expected ${want.length} values, got ${got.length}`;
}

/** Enough of the bench's files to know its folder. */
const MARKS = ['ntt_stage0.hex', 'pwm_iter1.hex', 'zeta.txt', 'kyber_stage0_out.hex'];

function imagesOf(entry: VectorEntry): readonly VectorFile[] {
  if (entry.kind !== 'folder' || !entry.files.some(({ name }) => MARKS.includes(name))) return [];
  return entry.files.filter(({ name }) => /\.(hex|txt)$/.test(name));
}

/** Memory images before and after rounds, and tables of factors, by the file names of the bench. */
export const nttImages: Recognizer = {
  kind: 'adams-bridge-ntt-images',
  recognize(entry) {
    if (entry.kind !== 'folder' || imagesOf(entry).length === 0) return undefined;
    const name = suiteName(entry);
    return {
      name,
      source: SOURCE,
      run({ limits }) {
        const tests = imagesOf(entry).map(
          (file): TestCase => ({ id: file.name.replace(/\.\w+$/, ''), run: () => runFile(file, entry) }),
        );
        return runTests(name, SOURCE, tests, limits);
      },
    };
  },
};
