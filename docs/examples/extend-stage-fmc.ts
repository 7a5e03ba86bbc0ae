import { createDevice } from 'rootcap';
import { type Firmware, type FirmwareContext, STAGES } from 'rootcap/extend';

function* fmc(context: FirmwareContext): Firmware {
  context.print('own FMC');
  context.chip.pcrBank.extend(8, new Uint8Array(48).fill(1));
  yield* STAGES.fmc(context);
}

const device = createDevice({ stages: { fmc } });
device.on((event) => {
  if (event.kind === 'text' && event.text.startsWith('own')) console.log(event.text.trim());
});
console.log(device.boot().state);
