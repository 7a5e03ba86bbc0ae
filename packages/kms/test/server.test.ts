import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bytesToHex as hex, hexToBytes } from '@rootcap/crypto';
import { encodePem } from '@rootcap/dice/x509';
import { type Grant, METHOD_UIDS, verifyAudit, verifyErasure } from '@rootcap/kms';
import { connectKeyService, type KmsServer, serveKeyService } from '@rootcap/kms/node';
import { answerOf, createService, OBJECT, provider, type TestDrive, testDrive, testMedium } from './device.ts';

const TOKEN = 'an operator of the fleet';
const directory = mkdtempSync(join(tmpdir(), 'rootcap-kms-server-'));
const socket = join(directory, 'kms.sock');
let drive: TestDrive;
let server: KmsServer;
let web: KmsServer;
const medium = testMedium();

beforeAll(async () => {
  drive = testDrive(1);
  const service = createService(medium, [drive.root]);
  server = await serveKeyService(service, `unix:${socket}`, { operatorToken: TOKEN });
  web = await serveKeyService(service, 'http://127.0.0.1:0');
});

afterAll(async () => {
  await server.close();
  await web.close();
  rmSync(directory, { recursive: true, force: true });
});

const pem = (chain: readonly Uint8Array[]): string => chain.map((der) => encodePem('CERTIFICATE', der)).join('');

/** A grant as it was before it went over the wire. */
function grantOf(json: Readonly<Record<string, unknown>>): Grant {
  const bytes = (name: string) => hexToBytes(json[name] as string);
  return {
    ...(json as unknown as Grant),
    info: bytes('info'),
    metadata: bytes('metadata'),
    enc: bytes('enc'),
    ciphertexts: (json.ciphertexts as string[]).map((text) => hexToBytes(text)),
  };
}

describe('a drive on the other side of a socket', () => {
  test('the operator enrols and binds, the drive asks, the operator erases', async () => {
    const operator = connectKeyService(`unix:${socket}`, { operatorToken: TOKEN });
    const ask = connectKeyService(web.endpoint);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    expect(await operator('enrol', { chain: pem(drive.chain), name: 'drive-1' })).toMatchObject({ already: false });
    const { id: binding } = await operator('bind', { device: 'drive-1', party: 'a', object: OBJECT, metadata: 'aa55' });
    const chain = pem(drive.evidence(0x0051));

    const generate = grantOf(await ask('seal', { binding, chain, operation: 'generate', context: { rack: '7' } }));
    const [key = new Uint8Array()] = drive.open(generate);
    expect([key?.length, hex(generate.metadata), hex(generate.info)]).toEqual([
      32,
      'aa55',
      hex(METHOD_UIDS.generate) + OBJECT,
    ]);
    const [old, next = new Uint8Array()] = drive.open(grantOf(await ask('rotate', { binding, chain })));
    expect(old).toEqual(key);
    const tested = await ask('test', { binding, chain });
    const digest = hex(answerOf(generate.metadata, next as Uint8Array, hexToBytes(tested.nonce as string)));
    expect(await ask('confirm', { binding, digest })).toEqual({ binding, key: 'next', rotated: true });

    const { already: _, ...proof } = await operator('erase', { binding, evidence: '00' });
    const { head, records } = await operator('audit');
    const lines = (records as object[]).map((record) => JSON.stringify(record));
    verifyAudit(provider, lines, head as { sequence: number; hash: string });
    verifyErasure(provider, proof as never, lines);
    await expect(ask('seal', { binding, chain })).rejects.toMatchObject({ code: 'binding-erased' });
    expect(await operator('list')).toMatchObject({ bindings: [{ status: 'erased' }] });
    expect(await operator('revoke', { device: 'drive-1', reason: 'sold' })).toMatchObject({ already: false });
    for (const secret of [key, next]) expect(medium.lines.join()).not.toContain(hex(secret as Uint8Array));
  });

  test.each(['enrol', 'bind', 'erase', 'revoke', 'list', 'audit'] as const)('%s wants the token', async (verb) => {
    for (const options of [{}, { operatorToken: `${TOKEN}s` }, { operatorToken: '' }]) {
      await expect(connectKeyService(`unix:${socket}`, options)(verb)).rejects.toMatchObject({ code: 'unauthorized' });
    }
    // Without a token of its own a server has no such verbs for anybody.
    await expect(connectKeyService(web.endpoint, { operatorToken: TOKEN })(verb)).rejects.toMatchObject({
      code: 'unauthorized',
    });
  });

  test.each([
    [{ binding: 'x/y/z', chain: '' }, 'invalid-argument'],
    [{ binding: 'x/y/z' }, 'invalid-argument'],
    [{ chain: 'x' }, 'invalid-argument'],
    [{ binding: 1, chain: 'x' }, 'invalid-argument'],
  ])('%j is refused', (params, code) =>
    expect(connectKeyService(web.endpoint)('seal', params)).rejects.toMatchObject({ code }),
  );

  test.each([
    ['GET', '/v1/seal', 'application/json', '', 405],
    ['POST', '/v1/nothing', 'application/json', '{}', 404],
    ['POST', '/v1/__proto__', 'application/json', '{}', 404],
    ['POST', '/', 'application/json', '{}', 404],
    ['POST', '/v1/seal', 'text/plain', '{}', 415],
    ['POST', '/v1/seal', 'application/json', '[]', 400],
    ['POST', '/v1/seal', 'application/json', '{', 400],
    ['POST', '/v1/seal', 'application/json', '{"binding":"x","chain":7}', 400],
    ['POST', '/v1/confirm', 'application/json', '{"binding":"x","digest":"00"}', 400],
    ['POST', '/v1/confirm', 'application/json', `{"binding":"x","digest":"${'0'.repeat(96)}"}`, 404],
    ['POST', '/v1/seal', 'application/json', ' '.repeat(300_000), 413],
  ])('%s %s %s', async (method, path, type, body, status) => {
    const { port } = new URL(web.endpoint);
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, method, path, headers: { 'content-type': type } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject);
      sent.end(body);
    });
    expect(answer).toBe(status);
  });
});

describe('where it may be served', () => {
  const service = () => createService(testMedium(), [drive.root]);

  test.each([
    ['ftp://127.0.0.1:1', {}, 'endpoint'],
    ['http://127.0.0.1', {}, 'endpoint'],
    ['http://127.0.0.1:70000', {}, 'endpoint'],
    ['http://127.0.0.1:0', { operatorToken: 'short' }, 'operatorToken'],
    ['http://0.0.0.0:0', { operatorToken: TOKEN }, 'operatorToken'],
    ['https://127.0.0.1:0', {}, 'tls'],
    ['http://127.0.0.1:0', { tls: { cert: '', key: '' } }, 'tls'],
  ])('%s %j', async (at, options, said) => {
    await expect(serveKeyService(service(), at, options)).rejects.toThrow(RegExp(`^${said}: `));
  });

  test('a place that is taken, and a server that is not there', async () => {
    await expect(serveKeyService(service(), web.endpoint)).rejects.toThrow('EADDRINUSE');
    await expect(connectKeyService(`unix:${join(directory, 'nobody')}`)('list')).rejects.toMatchObject({
      code: 'unreachable',
    });
    expect(() => connectKeyService('nowhere')).toThrow('endpoint');
  });
});
