import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { addImageBuild } from './image-build.ts';
import { addImageInspect } from './image-inspect.ts';
import { addImageVerify } from './image-verify.ts';

/** `image`: firmware bundles. */
export function imageCommand(program: Command, terminal: Terminal): void {
  const image = program.command('image').description('build, inspect and verify firmware bundles');
  addImageBuild(image, terminal);
  addImageInspect(image, terminal);
  addImageVerify(image, terminal);
}
