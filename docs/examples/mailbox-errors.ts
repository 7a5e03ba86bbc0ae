import { createDevice } from 'rootcap';

const { mailbox } = createDevice().boot();
for (const fields of [
  { pcr_idx: 40, data: new Uint8Array(48) },
  { pcr_idx: 4, data: new Uint8Array(3) },
])
  try {
    mailbox.call('EXTEND_PCR', fields);
  } catch (error) {
    if (error instanceof Error) console.log(`${error.name}: ${error.message}`);
  }
