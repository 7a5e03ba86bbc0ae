export { exampleModule, exampleSource, pages, ROOT } from './files.ts';
export { examplesOf, type PageSources, renderPage, tablesOf } from './pages.ts';
export { ABSENT_BLOCKS, type AbsentBlock } from './tables/absent-blocks.ts';
export { registerBlocks } from './tables/registers.ts';
export { type Size, sizeOf } from './tables/sizes.ts';
export { makeTable } from './tables/table.ts';
