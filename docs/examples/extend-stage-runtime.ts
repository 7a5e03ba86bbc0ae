import { createDevice } from 'rootcap';
import { BOOT_STATUS, type Firmware, type FirmwareContext, STAGES } from 'rootcap/extend';

function* runtime(context: FirmwareContext): Firmware {
  const nextStage = context.provider.hashes.digest('sha384', Uint8Array.of(1, 2, 3));
  for (const wait of STAGES.runtime(context)) {
    if (wait.status === BOOT_STATUS.RtReadyForCommands) context.chip.pcrBank.extend(9, nextStage);
    yield wait;
  }
}

const { mailbox } = createDevice({ stages: { runtime } }).boot();
const { pcrs } = mailbox.call('QUOTE_PCRS_ECC384', { nonce: new Uint8Array(32) });
console.log(pcrs[9]?.some((byte) => byte !== 0));
