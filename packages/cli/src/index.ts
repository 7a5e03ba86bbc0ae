export { COMMAND_COLUMNS, commandCells } from './command-cells.ts';
export { type DemoOptions, type DemoView, runDriveDemo } from './drive/demo.ts';
export { EXIT, errorJson } from './errors.ts';
export { type Io, type Output, processIo } from './io.ts';
export { complete } from './mailbox/complete.ts';
export { wordsOf } from './mailbox/words.ts';
export { run } from './run.ts';
