import { createDevice } from 'rootcap';
import { percentile } from './statistics.ts';

/** The plain round trip, and commands that hand out a certificate. */
const COMMANDS = [
  'VERSION',
  'GET_LDEV_ECC384_CERT',
  'GET_FMC_ALIAS_ECC384_CERT',
  'GET_RT_ALIAS_ECC384_CERT',
  'GET_LDEV_MLDSA87_CERT',
  'GET_FMC_ALIAS_MLDSA87_CERT',
  'GET_RT_ALIAS_MLDSA87_CERT',
] as const;

export interface MailboxRate {
  readonly command: string;
  /** Bytes of the response. */
  readonly size: number;
  /** Complete commands a second: lock, request with checksum, firmware, response with checksum, release. */
  readonly perSecond: number;
}

/** Short, so that most batches run without preemption. */
const BATCH = 50;
const WARM_UP = 200;

/** How fast a running device answers each command, in one process. The commands take turns, so that all see the same machine. */
export function measureMailbox(batches: number): MailboxRate[] {
  const device = createDevice().boot();
  const rates = COMMANDS.map(() => [] as number[]);
  for (let batch = 0; batch < batches + WARM_UP; batch++)
    COMMANDS.forEach((command, which) => {
      const start = performance.now();
      for (let i = 0; i < BATCH; i++) device.mailbox.execute(command);
      if (batch >= WARM_UP) rates[which]?.push((BATCH * 1000) / (performance.now() - start));
    });
  return COMMANDS.map((command, which) => ({
    command,
    size: device.mailbox.execute(command).data.length,
    // The rate that preemption leaves: as the cost of a boot, one in ten samples is better.
    perSecond: percentile(rates[which] ?? [], 0.9),
  }));
}
