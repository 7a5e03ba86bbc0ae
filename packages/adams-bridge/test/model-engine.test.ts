import { describe, expect, test } from '@jest/globals';
import { ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import { buildProgram, modelAbrEngine } from '@rootcap/adams-bridge';

const counted = (length: number, start = 0): Uint8Array => Uint8Array.from({ length }, (_, i) => start + i);
const engine = modelAbrEngine();
const keys = ml_dsa87.keygen(counted(32));
const rnd = counted(32, 50);

describe('against noble', () => {
  test('an ML-DSA key pair', () => expect(engine.mldsaKeygen(counted(32))).toEqual(keys));

  test.each([
    [64, 0],
    [64, 3],
    [0, 0],
    [5, 255],
    [1000, 1],
  ])('a signature of %d bytes with a context of %d', (length, contextLength) => {
    const [message, context] = [counted(length), counted(contextLength, 7)];
    const signature = engine.mldsaSign(keys.secretKey, { message, context }, rnd);
    expect(signature).toEqual(ml_dsa87.sign(message, keys.secretKey, { context, extraEntropy: rnd }));
    expect(engine.mldsaVerify(keys.publicKey, signature, { message, context })).toBe(true);
    expect(engine.mldsaVerify(keys.publicKey, signature, { message, context: counted(9) })).toBe(false);
  });

  test('a signature of mu', () => {
    const mu = counted(64, 9);
    const signature = engine.mldsaSign(keys.secretKey, { mu }, rnd);
    expect(signature).toEqual(ml_dsa87.internal.sign(mu, keys.secretKey, { extraEntropy: rnd, externalMu: true }));
    expect(engine.mldsaVerify(keys.publicKey, signature, { mu })).toBe(true);
    const result = engine.mldsaVerifyResult(keys.publicKey, signature, { mu: counted(64) });
    expect(result).not.toEqual(signature.slice(0, 64));
    expect(result).not.toEqual(new Uint8Array(64));
  });

  test('ML-KEM, also with a ciphertext that is rejected', () => {
    const [d, z, m] = [counted(32, 1), counted(32, 2), counted(32, 3)];
    const pair = ml_kem1024.keygen(Uint8Array.of(...d, ...z));
    expect(engine.mlkemKeygen(d, z)).toEqual({ encapsulationKey: pair.publicKey, decapsulationKey: pair.secretKey });
    const { cipherText, sharedSecret } = ml_kem1024.encapsulate(pair.publicKey, m);
    expect(engine.mlkemEncapsulate(pair.publicKey, m)).toEqual({ ciphertext: cipherText, sharedSecret });
    expect(engine.mlkemDecapsulate(pair.secretKey, cipherText)).toEqual(sharedSecret);
    const wrong = cipherText.slice().fill(1, 0, 9);
    expect(engine.mlkemDecapsulate(pair.secretKey, wrong)).toEqual(ml_kem1024.decapsulate(wrong, pair.secretKey));
  });
});

describe('refuses with a RangeError', () => {
  const message = counted(64);
  test.each<[string, () => unknown]>([
    ['mldsaSeed: 31 bytes', () => engine.mldsaKeygen(counted(31))],
    ['context: 256 bytes', () => engine.mldsaSign(keys.secretKey, { message, context: counted(256) }, rnd)],
    ['privateKey: a symbol', () => engine.mldsaSign(keys.secretKey.slice().fill(255, 128), { message }, rnd)],
    ['encapsulationKey: a value', () => engine.mlkemEncapsulate(new Uint8Array(1568).fill(255), rnd)],
    ['decapsulationKey: not with', () => engine.mlkemDecapsulate(counted(3168), new Uint8Array(1568))],
  ])('%s', (text, run) => {
    expect(run).toThrow(RangeError);
    expect(run).toThrow(text);
  });

  test('a signature whose commitment hash is zero', () => {
    expect(engine.mldsaVerify(keys.publicKey, new Uint8Array(4627), { message })).toBe(false);
  });
});

test('observers see every instruction and the end of the command; a patched program is run', () => {
  const commands: string[] = [];
  let steps = 0;
  const observed = modelAbrEngine({
    program: buildProgram().patch(36, { op: 'NOP' }),
    onStep: () => steps++,
    onCommand: (command, { status }) => commands.push(`${command} ${status}`),
  });
  expect(observed.mldsaKeygen(counted(32)).publicKey).not.toEqual(keys.publicKey);
  expect(commands).toEqual(['MLDSA_KEYGEN done']);
  expect(steps).toBe(103);
});
