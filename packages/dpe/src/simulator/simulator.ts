import type { Entropy } from '@rootcap/crypto';
import type { DpeCompatibility, DpeEnvironment } from '../environment.ts';
import { encodeCommand, executeCommand, parseCommand, runCommand } from '../execute.ts';
import { CommandHdr } from '../messages.ts';
import { type DpeProfile, ML_DSA_87, P256_SHA256, P384_SHA384 } from '../profiles.ts';
import { DpeState } from '../state.ts';
import type { DpeStatuses } from '../statuses.ts';
import { has, INITIALIZE_CONTEXT_FLAGS, SUPPORT } from '../support.ts';
import { type SimulatorProvider, simulatorCrypto } from './crypto.ts';
import { type DemoIssuer, demoIssuer } from './demo-issuer.ts';

/** Profiles that a simulator answers to, by its name. A hybrid one has one state for two profiles, as Caliptra has. */
export const SIMULATOR_PROFILES = {
  p256: [P256_SHA256],
  p384: [P384_SHA384],
  'ml-dsa': [ML_DSA_87],
  hybrid: [P384_SHA384, ML_DSA_87],
} as const satisfies Record<string, readonly [DpeProfile, ...DpeProfile[]]>;

export type SimulatorProfileName = keyof typeof SIMULATOR_PROFILES;

export interface SimulatorOptions {
  readonly provider: SimulatorProvider;
  readonly profile: SimulatorProfileName;
  /** Bits of `SUPPORT`. With AUTO_INIT the default context is there from the start. */
  readonly support: number;
  /** Bits of `STATE_FLAGS`. */
  readonly flags?: number;
  /** Source of the handles. */
  readonly entropy: Entropy;
  /** Where the default context is made with AUTO_INIT. Default: 0. */
  readonly autoInitLocality?: number;
  /** Who issues certificates. Default: {@link demoIssuer}. */
  readonly issuer?: (profile: DpeProfile) => DemoIssuer;
  readonly statuses?: DpeStatuses;
  readonly compatibility?: DpeCompatibility;
}

/** A DPE without a chip. */
export interface DpeSimulator {
  readonly state: DpeState;
  /** One per profile. */
  readonly environments: readonly DpeEnvironment[];
  /**
   * Answers one command. The profile in its header chooses the environment; the first one is the default, so it answers
   * GetProfile of a client that does not know the profile yet.
   */
  execute(locality: number, input: Uint8Array): Uint8Array;
}

/**
 * A DPE in software, ready to use: what the reference's simulator program is, as an object.
 *
 * @throws DpeError if AUTO_INIT fails
 */
export function createDpeSimulator(options: SimulatorOptions): DpeSimulator {
  const { provider, entropy, support, flags = 0, autoInitLocality = 0 } = options;
  const profiles: readonly [DpeProfile, ...DpeProfile[]] = SIMULATOR_PROFILES[options.profile];
  const state = DpeState.create({ hashSize: profiles[0].hashSize, support, flags });
  const environmentOf = (profile: DpeProfile): DpeEnvironment => {
    const { aliasKey, platform } = options.issuer?.(profile) ?? demoIssuer(provider, profile);
    return {
      profile,
      state,
      crypto: simulatorCrypto({ provider, profile, aliasKey, entropy }),
      platform,
      ...(options.statuses === undefined ? {} : { statuses: options.statuses }),
      ...(options.compatibility === undefined ? {} : { compatibility: options.compatibility }),
    };
  };
  const [profile, ...others] = profiles;
  const first = environmentOf(profile);
  const environments = [first, ...others.map(environmentOf)];
  if (has(support, SUPPORT.AUTO_INIT)) {
    const command = encodeCommand(profile, 'InitializeContext', { flags: INITIALIZE_CONTEXT_FLAGS.DEFAULT });
    runCommand(first, autoInitLocality, parseCommand(profile, command));
  }
  return {
    state,
    environments,
    execute(locality, input) {
      const wanted = input.length < CommandHdr.size ? undefined : CommandHdr.decodeFrom(input).profile;
      return executeCommand(environments.find((env) => env.profile.id === wanted) ?? first, locality, input);
    },
  };
}
