export { inputsOfTrace, type TraceInputs } from './adams-bridge/trace-inputs.ts';
export {
  COMPARED_COMMANDS,
  type CommandOverview,
  type CommandStatus,
  commandOverview,
} from './caliptra/compared-commands.ts';
export { findSuites, RECOGNIZERS, type Report, runConformance } from './run.ts';
export {
  createStore,
  type Gunzip,
  type VectorEntry,
  type VectorFile,
  type VectorFolder,
  type VectorStore,
} from './store.ts';
export {
  type ConformanceContext,
  type Failure,
  type Limits,
  MAX_FAILURES,
  type Mismatch,
  type NotRunCount,
  notRun,
  type Recognizer,
  runTests,
  type Suite,
  type SuiteResult,
  type TestCase,
} from './suite.ts';
