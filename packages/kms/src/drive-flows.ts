import type { Params } from './requests.ts';

/** Asks a drive or a key service something by its name: JSON in and out. */
export type Ask<Verb extends string> = (verb: Verb, params: Params) => Promise<unknown>;

/** The verbs of a drive that the flows need; `@rootcap/drive` serves them. */
export type DriveAsk = Ask<'attest' | 'bind' | 'enable' | 'rotate' | 'test'>;
export type KeyServiceAsk = Ask<'seal' | 'rotate' | 'test' | 'confirm'>;

/** Both sides of a flow. */
export interface Parties {
  readonly drive: DriveAsk;
  readonly kms: KeyServiceAsk;
}

/** What a drive shows with each request: its chain down to the endorsed HPKE key of this boot. */
async function evidence({ drive }: Parties): Promise<unknown> {
  const { chain } = (await drive('attest', {})) as { readonly chain: unknown };
  return chain;
}

/** First use of a binding: the drive makes an MPK under its access key (GENERATE_MPK), and enables it. */
export async function provisionBinding(parties: Parties, binding: string): Promise<void> {
  const chain = await evidence(parties);
  const grant = await parties.kms('seal', { binding, chain, operation: 'generate' });
  await parties.drive('bind', { grant });
  await enableBinding(parties, binding);
}

/** After each power-on: the drive enables the binding's MPK (ENABLE_MPK). */
export async function enableBinding(parties: Parties, binding: string): Promise<void> {
  const chain = await evidence(parties);
  const grant = await parties.kms('seal', { binding, chain, operation: 'enable' });
  await parties.drive('enable', { grant });
}

/**
 * Replaces a binding's access key (REWRAP_MPK), and lets the drive prove that it has the new one (TEST_ACCESS_KEY). The
 * service keeps both until it has seen the proof, so that it may be asked again whatever fails in between.
 */
export async function rotateBinding(parties: Parties, binding: string): Promise<void> {
  const chain = await evidence(parties);
  await parties.drive('rotate', { grant: await parties.kms('rotate', { binding, chain }) });
  const { nonce, ...grant } = (await parties.kms('test', { binding, chain })) as { readonly nonce: unknown };
  const { digest } = (await parties.drive('test', { grant, nonce })) as { readonly digest: unknown };
  await parties.kms('confirm', { binding, digest });
}
