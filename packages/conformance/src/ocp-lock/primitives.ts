import { aesCmac, cmacKdf, kdf512 } from '@rootcap/crypto';
import { compare, Fields, isObject, type JsonObject, readJson } from '../fields.ts';
import { type ConformanceContext, type Recognizer, runTests, type TestCase } from '../suite.ts';
import { suiteName } from '../vector-paths.ts';

const SOURCE = 'Caliptra firmware, primitives of OCP LOCK';

function cmacTests(json: JsonObject, { provider }: ConformanceContext): TestCase[] {
  const [kdf, empty] = [new Fields(json.cmac_kdf as JsonObject), new Fields(json.cmac_empty as JsonObject)];
  return [
    {
      id: 'CMAC-KDF',
      run() {
        const out = cmacKdf(provider, kdf.hex('key'), kdf.hex('fixed_input'), undefined, kdf.number('rounds'));
        return compare('output', out, kdf.hex('out'));
      },
    },
    { id: 'CMAC of nothing', run: () => compare('tag', aesCmac(provider, empty.hex('key')), empty.hex('out')) },
  ];
}

function mdkTests(json: JsonObject, { provider }: ConformanceContext): TestCase[] {
  const fields = new Fields(json);
  const mdk = (): Uint8Array => kdf512(provider, fields.hex('input_key'), fields.text('kdf_label'));
  return [
    { id: 'MDK', run: () => compare('MDK', mdk(), fields.hex('mdk')) },
    {
      id: 'MEK',
      run() {
        const mek = provider.blockCipher.ecbDecrypt(mdk().slice(0, 32), fields.hex('encrypted_mek'));
        return compare('MEK', mek, fields.hex('plaintext_mek'));
      },
    },
  ];
}

function testsOf(json: unknown): ((json: JsonObject, context: ConformanceContext) => TestCase[]) | undefined {
  if (!isObject(json)) return undefined;
  if (isObject(json.cmac_kdf) && isObject(json.cmac_empty)) return cmacTests;
  return typeof json.mdk === 'string' && typeof json.encrypted_mek === 'string' ? mdkTests : undefined;
}

/** CMAC-KDF, and decryption of an MEK under the MDK. */
export const lockPrimitives: Recognizer = {
  kind: 'ocp-lock-primitives',
  recognize(entry) {
    if (entry.kind !== 'file') return undefined;
    const json = readJson(entry);
    const tests = testsOf(json);
    if (tests === undefined) return undefined;
    const name = suiteName(entry);
    const run = (context: ConformanceContext) =>
      runTests(name, SOURCE, tests(json as JsonObject, context), context.limits);
    return { name, source: SOURCE, run };
  },
};
