import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';
import { addImageBuild } from './image-build.ts';
import { addImageInspect } from './image-inspect.ts';
import { addManifestBuild, addManifestSignRequests } from './image-manifest-build.ts';
import { addManifestInspect } from './image-manifest-inspect.ts';
import { addManifestAttach, addManifestSign } from './image-manifest-sign.ts';
import { addManifestVerify } from './image-manifest-verify.ts';
import { addImageVerify } from './image-verify.ts';

/** `image`: firmware bundles and SoC manifests. */
export function imageCommand(program: Command, terminal: Terminal): void {
  const image = program.command('image').description('build, inspect and verify firmware bundles and SoC manifests');
  addImageBuild(image, terminal);
  addImageInspect(image, terminal);
  addImageVerify(image, terminal);
  const manifest = image.command('manifest').description('build, sign, inspect and verify SoC manifests');
  addManifestBuild(manifest, terminal);
  addManifestSignRequests(manifest, terminal);
  addManifestSign(manifest, terminal);
  addManifestAttach(manifest, terminal);
  addManifestInspect(manifest, terminal);
  addManifestVerify(manifest, terminal);
}
