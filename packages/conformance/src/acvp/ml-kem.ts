import { type MlKem, mlkem } from '@rootcap/crypto';
import { compare, compareVerdict, type Fields } from '../fields.ts';
import { type ConformanceContext, notRun } from '../suite.ts';
import type { AcvpHandler } from './recognize.ts';

/** ML-KEM-1024 is what the provider offers, the smaller sets are the library's. */
export function mlKemNamed({ provider }: ConformanceContext, parameterSet: string): MlKem {
  if (parameterSet === 'ML-KEM-1024') return provider.mlkem1024;
  if (parameterSet === 'ML-KEM-768') return mlkem(768);
  if (parameterSet === 'ML-KEM-512') return mlkem(512);
  return notRun(`${parameterSet} is not part of the library`);
}

export const mlKemKeyGenHandler: AcvpHandler = ({ input, answer }, context) => {
  const kem = mlKemNamed(context, input.text('parameterSet'));
  const { encapsulationKey, decapsulationKey } = kem.keygenFromSeed(input.hex('d'), input.hex('z'));
  return compare('ek', encapsulationKey, answer.hex('ek')) ?? compare('dk', decapsulationKey, answer.hex('dk'));
};

/** The expanded key, or the two seeds it comes from (`keyFormat`, revision FIPS203-tr1). */
function decapsulationKeyOf(kem: MlKem, input: Fields): Uint8Array {
  const seed = input.optionalText('keyFormat') === 'seed' || !input.has('dk');
  return seed ? kem.keygenFromSeed(input.hex('d'), input.hex('z')).decapsulationKey : input.hex('dk');
}

/** Encapsulation, decapsulation (the key is in the test or, in early sets, in the group) and the checks of keys. */
export const mlKemEncapDecapHandler: AcvpHandler = ({ input, answer }, context) => {
  const kem = mlKemNamed(context, input.text('parameterSet'));
  const operation = input.text('function');
  switch (operation) {
    case 'encapsulation': {
      const { ciphertext, sharedSecret } = kem.encapsulate(input.hex('ek'), input.hex('m'));
      return compare('c', ciphertext, answer.hex('c')) ?? compare('k', sharedSecret, answer.hex('k'));
    }
    case 'decapsulation':
      return compare('k', kem.decapsulate(decapsulationKeyOf(kem, input), input.hex('c')), answer.hex('k'));
    case 'encapsulationKeyCheck':
      return compareVerdict(kem.checkEncapsulationKey(input.hex('ek')), answer.flag('testPassed'));
    case 'decapsulationKeyCheck':
      return compareVerdict(kem.checkDecapsulationKey(input.hex('dk')), answer.flag('testPassed'));
    default:
      return notRun(`ML-KEM function ${operation}`);
  }
};
