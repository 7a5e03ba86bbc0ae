import { expect, test } from '@jest/globals';
import { modelAbrEngine } from '@rootcap/adams-bridge';
import { ImageManifest } from '@rootcap/image';
import { CHAIN_ALGORITHMS, createDevice, demoBundle } from 'rootcap';

const chains = (device: ReturnType<typeof createDevice>) =>
  CHAIN_ALGORITHMS.map((algorithm) => device.certificateChain(algorithm));

/** Where bytes begin inside others. */
const placeOf = (part: Uint8Array, whole: Uint8Array): number =>
  whole.findIndex((_, at) => part.every((byte, i) => whole[at + i] === byte));

test('a device on the model of the accelerator issues the chains of one on the provider, and so does its fork', () => {
  const provider = createDevice({ adamsBridge: 'provider' }).boot();
  const model = createDevice({ adamsBridge: 'model' }).boot();
  expect(chains(model)).toEqual(chains(provider));
  expect(chains(model.fork())).toEqual(chains(provider));
});

test('the bundle and every certificate of a boot go through the commands of the model', () => {
  const ended = new Map<string, number>();
  const abrEngine = modelAbrEngine({
    onCommand(command, { status, accepted }) {
      const what = `${command} ${status} ${accepted}`;
      ended.set(what, (ended.get(what) ?? 0) + 1);
    },
  });
  const device = createDevice({ abrEngine }).bootToRom();
  const before = ended.get('MLDSA_VERIFY done true') ?? 0;
  device.loadFirmware(demoBundle(device.options.provider));
  expect(device.state).toBe('runtime');
  expect((ended.get('MLDSA_VERIFY done true') ?? 0) - before).toBeGreaterThanOrEqual(2);
  for (const command of ['MLDSA_KEYGEN', 'MLDSA_SIGN'])
    expect([command, ended.get(`${command} done true`)]).toEqual([command, expect.any(Number)]);
});

test('a bundle with a changed ML-DSA signature is refused on the model as on the provider', () => {
  const refusals = (['provider', 'model'] as const).map((adamsBridge) => {
    const device = createDevice({ adamsBridge }).bootToRom();
    const bundle = demoBundle(device.options.provider);
    const { pqcSig } = ImageManifest.decodeFrom(bundle).preamble.ownerSigs;
    const at = placeOf(pqcSig, bundle);
    bundle[at] = (bundle[at] as number) ^ 1;
    expect(() => device.loadFirmware(bundle)).toThrow();
    return device.errors;
  });
  expect(refusals[1]).toEqual(refusals[0]);
  expect(refusals[0]?.fatal).not.toBe(0);
});

test('there is no other Adams Bridge', () => {
  expect(() => createDevice({ adamsBridge: 'fpga' as 'model' })).toThrow(
    'adamsBridge: fpga is none of provider, model',
  );
});
