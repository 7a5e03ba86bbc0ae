import { describe, expect, test } from '@jest/globals';
import { ALL_SUPPORT, type Context, DpeState, type DpeStatusName, OCP_STATUSES, SUPPORT } from '@rootcap/dpe';
import { bodyOf, defectOf, derive, flags, send, simulator } from './helpers.ts';

/** Contexts 0 (root, retired) → 1 → 2 and 3 in localities 0 to 2, a simulation tree 4 → 5 in locality 9. */
function sound(): DpeState {
  const dpe = simulator();
  bodyOf(derive(dpe, { flags: flags('MAKE_DEFAULT', 'INPUT_ALLOW_X509'), tci_type: 1 }));
  const away = flags('RETAIN_PARENT_CONTEXT', 'MAKE_DEFAULT', 'CHANGE_LOCALITY');
  bodyOf(derive(dpe, { flags: away, tci_type: 2, target_locality: 1 }));
  bodyOf(derive(dpe, { flags: away, tci_type: 3, target_locality: 2 }));
  const handle = bodyOf(send(dpe, 'InitializeContext', { flags: 0x8000_0000 }, { locality: 9 }));
  bodyOf(derive(dpe, { handle, flags: flags('RETAIN_PARENT_CONTEXT'), tci_type: 4 }, { locality: 9 }));
  return dpe.state;
}

type Change = (state: DpeState) => void;

const patch =
  (index: number, fields: Partial<Context>): Change =>
  (state) =>
    state.write(index, { ...state.read(index), ...fields });

/** Bytes behind the contexts: support, flags, has_initialized. */
const tail =
  (offset: number, ...bytes: readonly number[]): Change =>
  (state) =>
    state.image.set(bytes, state.image.length - 8 + offset);

const without =
  (feature: keyof typeof SUPPORT): Change =>
  (state) =>
    new DataView(state.image.buffer).setUint32(state.image.length - 8, ALL_SUPPORT & ~SUPPORT[feature], true);

const unlink =
  (parent: number, child: number): Change =>
  (state) =>
    state.write(parent, { ...state.read(parent), children: state.read(parent).children & ~(1n << BigInt(child)) });

const link =
  (parent: number, child: number): Change =>
  (state) =>
    state.write(parent, { ...state.read(parent), children: state.read(parent).children | (1n << BigInt(child)) });

/**
 * Defects, each with the code that caliptra-dpe:dpe/src/validation.rs gives it. 0x0d and 0x12 are found as 0x13 first, 0x14
 * has no check.
 */
const DEFECTS: readonly (readonly [number, DpeStatusName, ...Change[]])[] = [
  [0x00, 'MultipleNormalConnectedComponents', patch(4, { context_type: 0 }), patch(5, { context_type: 0 })],
  [
    0x01,
    'CyclesInTree',
    unlink(1, 2),
    unlink(1, 3),
    link(2, 3),
    link(3, 2),
    patch(2, { parent_idx: 3 }),
    patch(3, { parent_idx: 2 }),
  ],
  [0x02, 'InactiveContextInvalidParent', patch(40, { parent_idx: 0 })],
  [0x03, 'InactiveContextWithChildren', patch(40, { children: 2n })],
  [0x04, 'BadContextState', patch(40, { state: 3 })],
  [0x05, 'BadContextType', patch(40, { context_type: 2 })],
  [0x06, 'InactiveContextWithMeasurement', (state) => patch(40, { tci: { ...state.read(40).tci, svn: 1 } })(state)],
  [0x07, 'MixedContextLocality', patch(4, { handle: new Uint8Array(16) })],
  [0x08, 'MultipleDefaultContexts', patch(4, { handle: new Uint8Array(16) }), patch(5, { handle: new Uint8Array(16) })],
  [0x09, 'SimulationNotSupported', without('SIMULATION')],
  [0x0a, 'ParentDoesNotExist', unlink(1, 2), patch(2, { parent_idx: 64 })],
  [0x0b, 'InternalDiceNotSupported', without('INTERNAL_DICE'), patch(2, { uses_internal_input_dice: 1 })],
  [0x0c, 'InternalInfoNotSupported', without('INTERNAL_INFO'), patch(2, { uses_internal_input_info: 1 })],
  [0x0e, 'InactiveContextWithFlagSet', patch(40, { allow_x509: 1 })],
  [0x0f, 'LocalityMismatch', patch(2, { locality: 77 })],
  [0x10, 'DanglingRetiredContext', patch(3, { state: 2 })],
  [0x11, 'MixedContextTypeConnectedComponents', patch(3, { context_type: 1 })],
  [0x13, 'ParentChildLinksCorrupted', unlink(1, 2)],
  [0x15, 'AllowX509NotSupported', without('X509')],
  [0x16, 'InactiveParent', unlink(1, 2), patch(2, { parent_idx: 40 })],
  [0x17, 'InactiveChild', link(1, 40)],
  [0x18, 'DpeNotMarkedInitialized', tail(6, 0)],
  [0x19, 'InvalidMarker', (state) => state.image.fill(0, 0, 4)],
  [0x1a, 'VersionMismatch', (state) => state.image.fill(2, 4, 5)],
];

describe('validateState', () => {
  test('takes a state that commands made, a new one, and one from a copy of its memory', () => {
    expect(defectOf(sound())).toBeUndefined();
    expect(defectOf(DpeState.create({ hashSize: 48, support: 0 }))).toBeUndefined();
    expect(defectOf(new DpeState(sound().image.slice(), 48))).toBeUndefined();
  });

  test.each(DEFECTS)('code %i: %s', (code, name, ...changes) => {
    const state = sound();
    for (const change of changes) change(state);
    expect(defectOf(state)).toBe(name);
    expect(OCP_STATUSES[name]).toBe(0x0300_0000 + code);
  });
});
