#!/usr/bin/env node
import { Command } from 'commander';
import { configureDpeSim } from './commands/dpe-sim.ts';
import { processIo } from './io.ts';
import { Terminal } from './terminal.ts';

// `rootcap dpe-sim` as a program of its own: what starts the reference's simulator passes its flags only, and waits for it.
const terminal = new Terminal(processIo());
await configureDpeSim(new Command('rootcap-dpe-sim'), terminal).parseAsync();
