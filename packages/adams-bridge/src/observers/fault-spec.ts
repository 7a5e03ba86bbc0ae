import { STORES, type Store } from '../executor/layout.ts';
import { buildProgram } from '../program/build.ts';
import { flowOf } from '../program/disassemble.ts';
import { addressOf, MEMORY_MAP, type Region } from '../program/memory-map.ts';
import type { Program } from '../program/program.ts';
import { checkFault, type Fault, OPERAND_FIELDS, type OperandField } from './fault.ts';

const SYNTAX =
  'PLACE:skip, PLACE:FIELD=N, PLACE:coeff=POLY.INDEX.BIT, PLACE:hash=BIT, PLACE:round=PERMUTATION.ROUND.BIT, ' +
  'PLACE:candidate=INDEX, PLACE:symbol=INDEX.BIT or PLACE:reg=NAME.BYTE.BIT';

function refuse(spec: string, why: string): never {
  throw new RangeError(`fault "${spec}": ${why}`);
}

function integer(text: string, what: string, spec: string): number {
  if (!/^(?:0x[0-9a-f]+|\d+)$/i.test(text)) refuse(spec, `${what} is no number: ${text}`);
  return Number(text);
}

/** A number, or a name of the memory map of the flow: `z`, `y[3]`. */
function polynomialAddress(text: string, label: string, spec: string): number {
  const [, name = '', index = '0'] = /^([A-Za-z]\w*)(?:\[(\d+)\])?$/.exec(text) ?? [];
  if (name === '') return integer(text, 'address', spec);
  const flow = flowOf(label);
  const regions: Readonly<Record<string, Region>> = MEMORY_MAP[flow];
  const region = regions[name];
  if (region === undefined) refuse(spec, `${flow} has no ${name}; it has ${Object.keys(regions).join(', ')}`);
  if (Number(index) >= region.count) refuse(spec, `${name} has ${region.count} polynomials`);
  return addressOf(region, Number(index));
}

interface Place {
  readonly pc: number;
  readonly pass?: number;
  readonly cycle?: number;
}

/** `PC` or `LABEL+N`, then `/PASS` and `~CYCLE`. */
function placeOf(text: string, program: Program, spec: string): Place {
  const [, at, plus, pass, cycle] = /^(\w+)(?:\+(\d+))?(?:\/(\d+))?(?:~(\d+))?$/.exec(text) ?? [];
  if (at === undefined) refuse(spec, `where is "${text}"? PC or LABEL+N, then /PASS and ~CYCLE`);
  const base = /^\d/.test(at) ? integer(at, 'pc', spec) : (program.labels.get(at) ?? refuse(spec, `no label ${at}`));
  return {
    pc: base + Number(plus ?? 0),
    ...(pass !== undefined && { pass: Number(pass) }),
    ...(cycle !== undefined && { cycle: Number(cycle) }),
  };
}

function parts(value: string, names: readonly string[], spec: string): string[] {
  const texts = value.split('.');
  return texts.length === names.length ? texts : refuse(spec, `expected ${names.join('.')}, got "${value}"`);
}

function coefficientFault(place: Place, value: string, label: string, spec: string): Fault {
  const [poly = '', index = '', bit = ''] = parts(value, ['POLY', 'INDEX', 'BIT'], spec);
  const address = polynomialAddress(poly, label, spec);
  return {
    ...place,
    kind: 'coefficient',
    address,
    index: integer(index, 'index', spec),
    bit: integer(bit, 'bit', spec),
  };
}

function registerFault(place: Place, value: string, spec: string): Fault {
  const [store = '', byte = '', bit = ''] = parts(value, ['NAME', 'BYTE', 'BIT'], spec);
  if (!Object.hasOwn(STORES, store))
    refuse(spec, `there is no register ${store}; there are ${Object.keys(STORES).join(', ')}`);
  const low = integer(bit, 'bit', spec);
  if (low > 7) refuse(spec, `a byte has no bit ${low}`);
  return { ...place, kind: 'register', store: store as Store, bit: 8 * integer(byte, 'byte', spec) + low };
}

function roundFault(place: Place, value: string, spec: string): Fault {
  const [permutation = '', round = '', bit = ''] = parts(value, ['PERMUTATION', 'ROUND', 'BIT'], spec);
  return {
    ...place,
    kind: 'round',
    permutation: integer(permutation, 'permutation', spec),
    round: integer(round, 'round', spec),
    bit: integer(bit, 'bit', spec),
  };
}

function symbolFault(place: Place, value: string, spec: string): Fault {
  const [index = '', bit = ''] = parts(value, ['INDEX', 'BIT'], spec);
  return { ...place, kind: 'symbol', index: integer(index, 'index', spec), bit: integer(bit, 'bit', spec) };
}

function parse(spec: string, program: Program): Fault {
  const [, where, what = '', value] = /^([^:]*):(\w+)(?:=(.*))?$/.exec(spec) ?? [];
  if (where === undefined) refuse(spec, `expected ${SYNTAX}`);
  const place = placeOf(where, program, spec);
  const { label } = program.at(place.pc);
  if (place.cycle !== undefined && what !== 'coeff') refuse(spec, 'only coeff takes a cycle');
  if (what === 'skip' && value === undefined) return { ...place, kind: 'skip' };
  if (value === undefined) refuse(spec, `expected ${SYNTAX}`);
  if (what === 'coeff') return coefficientFault(place, value, label, spec);
  if (what === 'hash') return { ...place, kind: 'hash', bit: integer(value, 'bit', spec) };
  if (what === 'round') return roundFault(place, value, spec);
  if (what === 'candidate') return { ...place, kind: 'candidate', index: integer(value, 'index', spec) };
  if (what === 'symbol') return symbolFault(place, value, spec);
  if (what === 'reg') return registerFault(place, value, spec);
  if (!Object.hasOwn(OPERAND_FIELDS, what)) refuse(spec, `nothing is called ${what}: expected ${SYNTAX}`);
  const number = polynomialAddress(value, label, spec);
  return { ...place, kind: 'operand', field: what as OperandField, value: number };
}

/**
 * Reads a fault from text: `PLACE:skip`, `PLACE:dst=y[2]` (also `imm`, `len`, `src1`, `src2`), `PLACE:coeff=z.17.5`,
 * `PLACE:hash=40`, `PLACE:round=0.12.40`, `PLACE:candidate=17`, `PLACE:symbol=17.3`, `PLACE:reg=scratch.32.0`. A place is a program counter or a label with an offset, then `/PASS` and,
 * for `coeff`, `~CYCLE`: `MLDSA_SIGN_VALID_S+3/1`. Polynomials are named as in the memory map of the flow, or addresses.
 *
 * @param program - whose labels count; default: the accelerator's
 * @throws RangeError that says what is wrong
 */
export function parseFault(spec: string, program: Program = buildProgram()): Fault {
  const fault = parse(spec, program);
  try {
    checkFault(fault, program);
  } catch (cause) {
    if (cause instanceof RangeError) refuse(spec, cause.message);
    throw cause;
  }
  return fault;
}
