export { type SimulatorCryptoOptions, type SimulatorProvider, simulatorCrypto } from './crypto.ts';
export { type DemoIssuer, demoIssuer } from './demo-issuer.ts';
export {
  createDpeSimulator,
  type DpeSimulator,
  SIMULATOR_PROFILES,
  type SimulatorOptions,
  type SimulatorProfileName,
} from './simulator.ts';
