import { createECDH, createHash, createPublicKey, verify } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { concatBytes } from '@rootcap/crypto';
import { FirmwareContext } from '@rootcap/firmware';
import { type Board, hex, provider, runtimeBoard } from './support/board.ts';
import { call, flipped, importKey, openKey, pattern, refusal, USAGE } from './support/cryptographic.ts';

/** Expected values: node:crypto for P-384; the provider's ML-DSA and ML-KEM, which the ACVP sets check. */

function peer() {
  const ecdh = createECDH('secp384r1');
  const publicKey = new Uint8Array(ecdh.generateKeys()).slice(1);
  return { publicKey, secret: (other: Uint8Array) => ecdh.computeSecret(concatBytes(Uint8Array.of(4), other)) };
}

const KEY_USES = [USAGE.HMAC, USAGE.AES, USAGE.ECDSA, USAGE.MLDSA, USAGE.MLKEM];

describe('ECDH', () => {
  test.each(KEY_USES)('both sides have the same secret, as a key of use %i', (key_usage) => {
    const board = runtimeBoard();
    const { context, exchange_data } = call(board, 'CM_ECDH_GENERATE');
    const { publicKey, secret } = peer();
    const fields = { context: context as Uint8Array, key_usage, incoming_exchange_data: publicKey };
    const key = openKey(board, call(board, 'CM_ECDH_FINISH', fields).output as Uint8Array);
    const size = key_usage === USAGE.AES ? 32 : 48;
    const id = key_usage === USAGE.AES ? 1 : 0;
    expect(key).toMatchObject({ usage: key_usage, length: size, id });
    expect(hex(key.key)).toBe(
      secret(exchange_data as Uint8Array)
        .subarray(0, size)
        .toString('hex'),
    );
  });

  test('key pairs are ephemeral; foreign contexts, no use, and what is no point are refused', () => {
    const board = runtimeBoard();
    const { context, exchange_data } = call(board, 'CM_ECDH_GENERATE');
    expect(call(board, 'CM_ECDH_GENERATE').exchange_data).not.toEqual(exchange_data);
    const right = { context: context as Uint8Array, key_usage: USAGE.HMAC, incoming_exchange_data: peer().publicKey };
    const code = (change: object) => refusal(board, 'CM_ECDH_FINISH', { ...right, ...change });
    expect(code({ context: flipped(context as Uint8Array, 75) })).toBe('RUNTIME_DRIVER_AES_INVALID_TAG');
    expect(code({ key_usage: 0 })).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
    expect(code({ key_usage: 6 })).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
    expect(code({ incoming_exchange_data: pattern(96) })).toBe('DRIVER_ECC384_HW_ERROR');
    expect(code({ incoming_exchange_data: new Uint8Array(96) })).toBe('DRIVER_ECC384_HW_ERROR');
  });
});

function nodeKey(x: Uint8Array, y: Uint8Array) {
  const coordinate = (data: Uint8Array) => Buffer.from(data).toString('base64url');
  return createPublicKey({ key: { kty: 'EC', crv: 'P-384', x: coordinate(x), y: coordinate(y) }, format: 'jwk' });
}

describe('ECDSA', () => {
  const message = pattern(300);
  const signed = (board: Board, cmk: Uint8Array) =>
    call(board, 'CM_ECDSA_SIGN', { cmk, message, message_size: message.length });

  test('another library accepts the signature; it is deterministic', () => {
    const board = runtimeBoard();
    const cmk = importKey(board, USAGE.ECDSA, pattern(48, 2));
    const { public_key_x, public_key_y } = call(board, 'CM_ECDSA_PUBLIC_KEY', { cmk });
    const { signature_r, signature_s } = signed(board, cmk);
    const key = {
      key: nodeKey(public_key_x as Uint8Array, public_key_y as Uint8Array),
      dsaEncoding: 'ieee-p1363' as const,
    };
    const signature = concatBytes(signature_r as Uint8Array, signature_s as Uint8Array);
    expect(verify('sha384', message, key, signature)).toBe(true);
    expect(signed(board, cmk)).toMatchObject({ signature_r, signature_s });
  });

  test('verifies its own signatures, and no others', () => {
    const board = runtimeBoard();
    const cmk = importKey(board, USAGE.ECDSA, pattern(48, 2));
    const { signature_r, signature_s } = signed(board, cmk);
    const signature = { signature_r: signature_r as Uint8Array, signature_s: signature_s as Uint8Array };
    const right = { cmk, ...signature, message, message_size: message.length };
    call(board, 'CM_ECDSA_VERIFY', right);
    const code = (change: object) => refusal(board, 'CM_ECDSA_VERIFY', { ...right, ...change });
    expect(code({ message: flipped(message, 299) })).toBe('RUNTIME_MAILBOX_SIGNATURE_MISMATCH');
    expect(code({ message_size: 299 })).toBe('RUNTIME_MAILBOX_SIGNATURE_MISMATCH');
    expect(code({ cmk: importKey(board, USAGE.ECDSA, pattern(48, 3)) })).toBe('RUNTIME_MAILBOX_SIGNATURE_MISMATCH');
    expect(code({ signature_r: new Uint8Array(48) })).toBe('DRIVER_ECC384_SCALAR_RANGE_CHECK_FAILED');
    expect(code({ message_size: 4097 })).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
  });
});

describe('ML-DSA', () => {
  test('key and signature are those of the seed', () => {
    const board = runtimeBoard();
    const seed = pattern(32, 7);
    const { publicKey, secretKey } = provider.mldsa87.keygenFromSeed(seed);
    const cmk = importKey(board, USAGE.MLDSA, seed);
    expect(call(board, 'CM_MLDSA_PUBLIC_KEY', { cmk }).public_key).toEqual(publicKey);
    const message = pattern(1000);
    const { signature } = call(board, 'CM_MLDSA_SIGN', { cmk, message, message_size: 1000 });
    expect((signature as Uint8Array)[4627]).toBe(0);
    const bare = (signature as Uint8Array).slice(0, 4627);
    expect(hex(bare)).toBe(hex(provider.mldsa87.sign(secretKey, message, { rnd: new Uint8Array(32) })));
    const right = { cmk, signature: signature as Uint8Array, message, message_size: 1000 };
    call(board, 'CM_MLDSA_VERIFY', right);
    const code = (change: object) => refusal(board, 'CM_MLDSA_VERIFY', { ...right, ...change });
    expect(code({ message_size: 999 })).toBe('RUNTIME_MAILBOX_SIGNATURE_MISMATCH');
    expect(code({ signature: flipped(bare, 100) })).toBe('RUNTIME_MAILBOX_SIGNATURE_MISMATCH');
    expect(code({ signature: new Uint8Array(4628) })).toBe('DRIVER_MLDSA87_UNSUPPORTED_SIGNATURE');
    expect(code({ message_size: 4097 })).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
  });
});

describe('ML-KEM', () => {
  const seeds = pattern(64, 8);
  const pair = provider.mlkem1024.keygenFromSeed(seeds.subarray(0, 32), seeds.subarray(32));

  test('the encapsulation key is that of the seeds', () => {
    const board = runtimeBoard();
    const cmk = importKey(board, USAGE.MLKEM, seeds);
    expect(call(board, 'CM_MLKEM_KEY_GEN', { cmk }).encaps_key).toEqual(pair.encapsulationKey);
  });

  test.each(KEY_USES)('a secret to a peer and from one, as a key of use %i', (key_usage) => {
    const board = runtimeBoard();
    const sent = call(board, 'CM_MLKEM_ENCAPSULATE', { key_usage, encaps_key: pair.encapsulationKey });
    const received = provider.mlkem1024.decapsulate(pair.decapsulationKey, sent.ciphertext as Uint8Array);
    const mine = openKey(board, sent.shared_key as Uint8Array);
    expect(mine).toMatchObject({ usage: key_usage, length: 32, key: received });
    const cmk = importKey(board, USAGE.MLKEM, seeds);
    const fields = { key_usage, cmk, ciphertext: sent.ciphertext as Uint8Array };
    const back = openKey(board, call(board, 'CM_MLKEM_DECAPSULATE', fields).shared_key as Uint8Array);
    expect(back).toMatchObject({ usage: key_usage, length: 32, key: received });
    expect([mine.id, back.id]).toEqual(key_usage === USAGE.AES ? [1, 2] : [0, 0]);
  });

  test('a changed ciphertext gives another secret; malformed keys and no use are refused', () => {
    const board = runtimeBoard();
    const cmk = importKey(board, USAGE.MLKEM, seeds);
    const { ciphertext, shared_key } = call(board, 'CM_MLKEM_ENCAPSULATE', {
      key_usage: USAGE.HMAC,
      encaps_key: pair.encapsulationKey,
    });
    const fields = { key_usage: USAGE.HMAC, cmk, ciphertext: flipped(ciphertext as Uint8Array, 0) };
    const other = openKey(board, call(board, 'CM_MLKEM_DECAPSULATE', fields).shared_key as Uint8Array);
    expect(other.key).not.toEqual(openKey(board, shared_key as Uint8Array).key);
    const bad = { key_usage: USAGE.HMAC, encaps_key: new Uint8Array(1568).fill(0xff) };
    expect(refusal(board, 'CM_MLKEM_ENCAPSULATE', bad)).toBe('DRIVER_MLKEM_HW_ERROR');
    for (const key_usage of [0, 6]) {
      const code = refusal(board, 'CM_MLKEM_ENCAPSULATE', { key_usage, encaps_key: pair.encapsulationKey });
      expect(code).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
      expect(refusal(board, 'CM_MLKEM_DECAPSULATE', { key_usage, cmk })).toBe('RUNTIME_MAILBOX_INVALID_PARAMS');
    }
  });
});

test('self tests of the drivers change no answer', () => {
  const careless = runtimeBoard();
  const careful = runtimeBoard();
  const context = new FirmwareContext(careful.chip, { ...careful.context.options, verifyOwnSignatures: true });
  context.state = careful.context.state;
  Object.assign(careful, { context }).start('runtime-mailbox');
  const answers = (board: Board) => {
    const ecdh = call(board, 'CM_ECDH_GENERATE');
    const mlkem = call(board, 'CM_MLKEM_KEY_GEN', { cmk: importKey(board, USAGE.MLKEM, pattern(64)) });
    const random = call(board, 'CM_RANDOM_GENERATE', { size: 48 });
    return createHash('sha256')
      .update(JSON.stringify([ecdh, mlkem, random]))
      .digest('hex');
  };
  expect(answers(careful)).toBe(answers(careless));
});
