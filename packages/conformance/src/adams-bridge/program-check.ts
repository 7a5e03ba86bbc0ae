import { buildProgram } from '@rootcap/adams-bridge';
import { bytesToHex, portableProvider, utf8ToBytes } from '@rootcap/crypto';
import { Fields, isObject, objects, readJson } from '../fields.ts';
import { type Recognizer, runTests, type TestCase } from '../suite.ts';
import { suiteName } from '../vector-paths.ts';

const SOURCE = 'Adams Bridge RTL, check values of its program';
const CHECK_DIGITS = 16;

/** First digits of SHA-256 over `OP IMM LEN OPERAND1 OPERAND2 OPERAND3`, numbers in decimal. */
function checkOf(pc: number): string {
  const { op, imm, len, src1, src2, dst } = buildProgram().at(pc);
  const text = utf8ToBytes(`${op} ${imm} ${len} ${src1} ${src2} ${dst}`);
  return bytesToHex(portableProvider.hashes.digest('sha256', text)).slice(0, CHECK_DIGITS);
}

const isRecord = (value: unknown): boolean =>
  isObject(value) && typeof value.pc === 'number' && typeof value.check === 'string';

/** Check values of the sequencer's instructions: `program` with `pc` and `check`. */
export const programCheck: Recognizer = {
  kind: 'adams-bridge-program',
  recognize(entry) {
    if (entry.kind !== 'file') return undefined;
    const json = readJson(entry);
    if (!isObject(json) || !Array.isArray(json.program) || json.program.length === 0) return undefined;
    if (!json.program.every(isRecord)) return undefined;
    const name = suiteName(entry);
    return {
      name,
      source: SOURCE,
      run({ limits }) {
        const tests = objects((readJson(entry) as { program: unknown }).program).map((record): TestCase => {
          const fields = new Fields(record);
          const pc = fields.number('pc');
          return {
            id: String(pc),
            run: () => (checkOf(pc) === fields.text('check') ? undefined : `pc ${pc}: another instruction`),
          };
        });
        return runTests(name, SOURCE, tests, limits);
      },
    };
  },
};
