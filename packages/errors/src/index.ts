export { type ErrorEntry, errorName, findError } from './lookup.ts';
export { formatCode, RotError } from './rot-error.ts';
export { ERRORS, type ErrorName } from './table.ts';
