import { createDevice } from 'rootcap';
import type { Firmware, FirmwareContext } from 'rootcap/extend';

function* rom({ chip: { mailbox } }: FirmwareContext): Firmware {
  const ready = () => mailbox.pending() !== undefined;
  for (;;) {
    yield { for: 'mailbox-command', ready };
    if (ready()) mailbox.respond(mailbox.request());
  }
}

const device = createDevice({ stages: { rom } });
device.burnFuses();
console.log(device.mailbox.send(1, Uint8Array.of(1, 2, 3, 4)).data);
