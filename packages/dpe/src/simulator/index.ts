export { type SimulatorCryptoOptions, type SimulatorProvider, simulatorCrypto } from './crypto.ts';
