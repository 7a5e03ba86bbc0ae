#!/usr/bin/env node
import { configureDpeSim } from './commands/dpe-sim.ts';
import { processIo } from './io.ts';
import { createProgram, runProgram } from './program.ts';
import { Terminal } from './terminal.ts';

// `rootcap dpe-sim` as a program of its own: what starts the reference's simulator passes its flags only.
const terminal = new Terminal(processIo());
const program = configureDpeSim(createProgram('rootcap-dpe-sim', terminal), terminal);
process.exitCode = await runProgram(program, process.argv.slice(2), terminal);
