import type { Entropy } from '@rootcap/crypto';
import { parseCertificate } from '@rootcap/dice/x509';
import { type DpeProfile, PROFILES, STATE_FLAGS, SUPPORT } from '@rootcap/dpe';
import { createDpeSimulator, type DemoIssuer, type DpeSimulator, SIMULATOR_PROFILES } from '@rootcap/dpe/simulator';
import { once } from '../caliptra/checks.ts';
import { compare, Fields, isObject, objects, readJson } from '../fields.ts';
import { type ConformanceContext, notRun, type Recognizer, runTests, type Suite, type TestCase } from '../suite.ts';
import { suiteName } from '../vector-paths.ts';

const SOURCE = 'recorded commands of the DPE reference simulator';

/** Scenarios with this in their name show a defect of the reference: see `rootSizedTcbInfos`. */
const DEFECT = /quirk/;

/** Random bytes from the recorded stream. */
function recordedEntropy(stream: Uint8Array): Entropy {
  let used = 0;
  return {
    bytes(length) {
      used += length;
      return used <= stream.length
        ? stream.slice(used - length, used)
        : notRun('the recorded random stream is too short');
    },
  };
}

/** Private scalar of a SEC 1 key (RFC 5915), or the seed at the end of an ML-DSA PKCS#8 key (RFC 9881). */
function secretOf({ algorithm, hashSize }: DpeProfile, key: Uint8Array): Uint8Array {
  if (algorithm === 'mldsa87') return key.slice(-32);
  const head = [0x02, 0x01, 0x01, 0x04, hashSize];
  const at = key.findIndex((_, i) => head.every((byte, j) => key[i + j] === byte)) + head.length;
  return key.slice(at, at + hashSize);
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

function issuerOf(profile: DpeProfile, recording: Fields): DemoIssuer {
  const alias = recording.object('alias');
  const platform = recording.object('platform');
  const certificateChain = alias.hex('certDer');
  const { issuer, serialNumber, decoded } = parseCertificate(certificateChain);
  return {
    aliasKey: secretOf(profile, alias.hex('keyDer')),
    platform: {
      vendorId: platform.number('vendorId'),
      vendorSku: platform.number('vendorSku'),
      certificateChain,
      issuerName: issuer.der,
      issuerKeyIdentifier: decoded.subjectKeyIdentifier ?? notRun('the issuer has no key identifier'),
      signerIdentifier: { issuer: issuer.der, serialNumber },
      validity: { notBefore: ascii(platform.text('notBefore')), notAfter: ascii(platform.text('notAfter')) },
      ueid: platform.hex('exportUeid'),
    },
  };
}

function simulatorOf(recording: Fields, scenario: Fields, { provider }: ConformanceContext): DpeSimulator {
  const profile =
    PROFILES.get(recording.number('profileId')) ?? notRun('profiles other than P-256, P-384 and ML-DSA-87');
  const name = (['p256', 'p384', 'ml-dsa'] as const).find((known) => SIMULATOR_PROFILES[known][0] === profile);
  const args = scenario.value('args') as readonly string[];
  const support = Object.entries(SUPPORT)
    .filter(([feature]) => args.includes(`--supports-${feature.toLowerCase().replaceAll('_', '-')}`))
    .reduce((word, [, bit]) => (word | bit) >>> 0, 0);
  return createDpeSimulator({
    provider,
    profile: name ?? notRun('a profile without simulator'),
    support,
    flags: args.includes('--mark-dice-extensions-critical') ? STATE_FLAGS.MARK_DICE_EXTENSIONS_CRITICAL : 0,
    entropy: recordedEntropy(recording.object('rng').hex('stream')),
    autoInitLocality: recording.object('platform').number('autoInitLocality'),
    issuer: () => issuerOf(profile, recording),
    compatibility: { rootSizedTcbInfos: DEFECT.test(scenario.text('scenario')) },
  });
}

/** One test a command. The commands of a scenario build on each other, so the first test plays all of them. */
function scenarioTests(recording: Fields, scenario: Fields, context: ConformanceContext): TestCase[] {
  const commands = scenario.list('commands');
  const responses = once(() => {
    const simulator = simulatorOf(recording, scenario, context);
    return commands.map((command) => simulator.execute(command.number('locality'), command.hex('request')));
  });
  return commands.map((command, i) => ({
    id: `${scenario.text('scenario')}/${command.number('n')} ${command.text('command')}`,
    run: () => compare('response', responses()[i], command.hex('response')),
  }));
}

function isScenario(value: unknown): boolean {
  return (
    isObject(value) &&
    Array.isArray(value.args) &&
    objects(value.commands).some(({ request, response }) => typeof request === 'string' && typeof response === 'string')
  );
}

/** Requests and responses of the simulator of caliptra-dpe, byte by byte: profile, issuer, random stream and scenarios. */
export const dpeRecordings: Recognizer = {
  kind: 'dpe-recording',
  recognize(entry): Suite | undefined {
    if (entry.kind !== 'file') return undefined;
    const json = readJson(entry);
    if (!isObject(json) || typeof json.profileId !== 'number' || !isObject(json.rng) || !isObject(json.alias))
      return undefined;
    if (!Array.isArray(json.scenarios) || !json.scenarios.every(isScenario)) return undefined;
    const name = suiteName(entry);
    return {
      name,
      source: SOURCE,
      run(context) {
        const recording = new Fields(readJson(entry) as object as Readonly<Record<string, unknown>>);
        const tests = recording.list('scenarios').flatMap((scenario) => scenarioTests(recording, scenario, context));
        return runTests(name, SOURCE, tests, context.limits);
      },
    };
  },
};
