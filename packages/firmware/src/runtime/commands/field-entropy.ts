import { RotError } from '@rootcap/errors';
import { LIFECYCLE } from '@rootcap/hardware';
import type { FirmwareContext } from '../../context.ts';
import { FeProgReq } from '../../messages/layouts/fuses.ts';
import { FE_PARTITIONS, programSeed } from '../../rom/otp-seeds.ts';
import { pl0Only, type RuntimeCommand, runtimeCommand } from '../command.ts';

/**
 * Programs one of the field entropy partitions with a random seed; a later boot takes it.
 *
 * @throws RotError RUNTIME_FE_PROG_…
 * @see caliptra-sw:runtime/src/fe_programming.rs, common/src/uds_fe_programming.rs
 */
function programFieldEntropy(context: FirmwareContext, partition: number): undefined {
  const { soc, trng } = context.chip;
  if (soc.lifecycle !== LIFECYCLE.PRODUCTION) throw new RotError('RUNTIME_FE_PROG_ILLEGAL_LIFECYCLE_STATE');
  const name = FE_PARTITIONS[partition];
  if (name === undefined) throw new RotError('RUNTIME_FE_PROG_INVALID_PARTITION', `partition ${partition}`);
  if (soc.subsystemMode) programSeed(context, name);
  // Nobody asks for the mode: in passive mode the seed goes to no fuse controller, and the command succeeds.
  else for (let i = 0; i < SEED_RESPONSES; i++) trng.generate();
}

/** TRNG responses of a seed. */
const SEED_RESPONSES = 2;

export const FIELD_ENTROPY_COMMANDS: readonly RuntimeCommand[] = [
  pl0Only(
    'first',
    runtimeCommand('FE_PROG', 'exact', FeProgReq, (context, { partition }) => programFieldEntropy(context, partition)),
  ),
];
