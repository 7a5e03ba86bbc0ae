import { type Command, Option } from 'commander';
import { createDevice, type Device } from 'rootcap';
import { addDeviceOptions, type BootArguments, deviceOptions } from '../boot/device-options.ts';
import { errorJson, talkOfError, UsageError } from '../errors.ts';
import { examples } from '../help.ts';
import { parseJson } from '../json.ts';
import { complete } from '../mailbox/complete.ts';
import { MailboxConsole } from '../mailbox/console.ts';
import { assignmentOf, requestsOf, type TypedRequest } from '../mailbox/request.ts';
import { type Answer, MailboxSession } from '../mailbox/session.ts';
import { restoreSnapshot, saveSnapshot } from '../mailbox/snapshot-file.ts';
import { answerJson, answerLines, stateJson, stateLine, type ViewOptions } from '../mailbox/view.ts';
import type { Terminal } from '../terminal.ts';
import { utf8Text } from '../text.ts';
import { parseHex, parseInteger } from '../values.ts';

interface MailboxArguments extends BootArguments, ViewOptions {
  readonly field: readonly string[];
  readonly jsonFields?: string;
  readonly body?: string;
  readonly script?: string;
  readonly repl?: true;
  readonly rom?: true;
  readonly axiUser?: string;
  readonly snapshot?: string;
}

/** What is to be done, in order: requests of the command line, or lines of a script. */
type Work = readonly (TypedRequest | string)[];

/** Requests of the command line; the options about fields are those of the only one. */
function typedRequests(terminal: Terminal, words: readonly string[], args: MailboxArguments): TypedRequest[] {
  const requests = requestsOf(words);
  const { field, jsonFields, body } = args;
  if (field.length === 0 && jsonFields === undefined && body === undefined) return requests;
  const [only] = requests;
  if (only === undefined || requests.length > 1)
    throw new UsageError(
      '--field, --json-fields, --body: are for one command; with several write name=value behind each',
    );
  const json = jsonFields?.startsWith('@') ? terminal.read(jsonFields.slice(1), '--json-fields') : jsonFields;
  return [
    {
      ...only,
      assignments: [...only.assignments, ...field.map(assignmentOf)],
      ...(json === undefined
        ? {}
        : { json: parseJson(typeof json === 'string' ? new TextEncoder().encode(json) : json, '--json-fields') }),
      ...(body === undefined
        ? {}
        : { body: body.startsWith('@') ? terminal.read(body.slice(1), '--body') : parseHex(body, '--body') }),
    },
  ];
}

function workOf(terminal: Terminal, words: readonly string[], args: MailboxArguments): Work {
  const requests = typedRequests(terminal, words, args);
  const path = args.script ?? (requests.length === 0 ? '-' : undefined);
  if (path === undefined) return requests;
  if (requests.length > 0) throw new UsageError('--script: has the commands; none may be named beside it');
  return utf8Text(terminal.read(path, '--script')).split('\n');
}

/** A device where the session starts: at its runtime, at ROM, or where it was saved. */
function startedDevice(terminal: Terminal, args: MailboxArguments): Device {
  const device = createDevice(deviceOptions(terminal, args));
  if (args.snapshot !== undefined && restoreSnapshot(terminal, args.snapshot, device, args)) return device;
  return args.rom ? device.bootToRom() : device.boot();
}

/** Does the work up to the first refusal. @returns that */
function doWork(console: MailboxConsole, session: MailboxSession, work: Work, onAnswer: (answer: Answer) => void) {
  try {
    for (const item of work) {
      if (console.ended) return undefined;
      if (typeof item === 'string') console.take(item);
      else onAnswer(session.run(item));
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Lines of a person: what is refused is said, and the session goes on. */
async function talk(terminal: Terminal, console: MailboxConsole, session: MailboxSession): Promise<void> {
  const { lines } = terminal.io;
  if (lines === undefined) throw new UsageError('--repl: nobody is there to type; use --script -');
  const { bold } = terminal.paintTalk;
  terminal.talk(`${stateLine(session)}\nTab completes, help lists what there is, help NAME the fields of a command.`);
  for await (const line of lines(() => `${bold(session.device.state)}> `, complete)) {
    const error = doWork(console, session, [line], () => {});
    if (error !== undefined) talkOfRefusal(terminal, session, error);
    if (console.ended) return;
  }
}

/** @returns exit code */
function talkOfRefusal(terminal: Terminal, session: MailboxSession, error: Error): number {
  const code = talkOfError(terminal, error);
  if (code === 1) terminal.talk(`  ${stateLine(session)}`);
  return code;
}

async function mailbox(terminal: Terminal, words: readonly string[], args: MailboxArguments): Promise<void> {
  const interactive =
    args.repl === true || (words.length === 0 && args.script === undefined && terminal.io.lines !== undefined);
  if (interactive && (terminal.asJson || words.length > 0 || args.script !== undefined))
    throw new UsageError('--repl: takes no commands, no --script and no --json');
  const work = interactive ? [] : workOf(terminal, words, args);
  const device = startedDevice(terminal, args);
  const axiUser = args.axiUser === undefined ? device.options.axiUser : parseInteger(args.axiUser, '--axi-user');
  const session = new MailboxSession(device, axiUser, (path, argument) => terminal.read(path, argument));
  const answers: Answer[] = [];
  const view: ViewOptions = interactive ? { ...args, request: true } : args;
  const onAnswer = (answer: Answer): void => {
    answers.push(answer);
    if (!terminal.asJson) for (const line of answerLines(terminal, answer, view)) terminal.print(line);
  };
  const console = new MailboxConsole(terminal, session, onAnswer);
  if (interactive) await talk(terminal, console, session);
  const error = doWork(console, session, work, onAnswer);
  if (args.snapshot !== undefined) saveSnapshot(terminal, args.snapshot, device, args);
  if (terminal.asJson)
    terminal.printJson({
      ...(error === undefined ? {} : { error: errorJson(error) }),
      commands: answers.map((answer) => answerJson(answer, args)),
      device: stateJson(session),
    });
  if (error !== undefined) terminal.exitCode = talkOfRefusal(terminal, session, error);
}

const collect = (value: string, previous: readonly string[]): readonly string[] => [...previous, value];

/** `mailbox`: commands to a device, from the command line, a script or a person. */
export function mailboxCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('mailbox')
    .description('send mailbox and DPE commands to a device by name and show what it answers')
    .argument('[words...]', 'NAME field=value … NAME …, or dpe [mldsa87] NAME …; none: a console')
    .addOption(
      new Option('--field <name=value>', 'field of the command, repeat for each')
        .argParser(collect)
        .default([], 'zeros'),
    )
    .option('--json-fields <json>', 'fields as a JSON object, or @file')
    .option('--body <hex>', 'the body as bytes, or @file, instead of fields; without checksum')
    .option('--script <file>', 'a command a line, - for standard input')
    .option('--repl', 'a console, as without words on a terminal')
    .option('--snapshot <file>', 'start from this device if the file is there, and save it there')
    .option('--rom', 'start where ROM waits for firmware')
    .option('--axi-user <n>', 'AXI user of the sender (default: 1, privilege level 0)')
    .option('--request', 'show the fields of the request too')
    .option('--hex', 'show the response as bytes too')
    .option('--full', 'long byte strings in full');
  addDeviceOptions(command)
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText(
      'after',
      examples(
        'mailbox FW_INFO',
        'mailbox EXTEND_PCR --field pcr_idx=4 --field data=@measurement.bin',
        'mailbox CM_IMPORT key_usage=1 input=@key.bin CM_HMAC cmk=last.cmk hash_algorithm=1 data=text:abc',
        'mailbox dpe mldsa87 CertifyKey format=1 --full',
        'mailbox --script session.txt --json',
        'mailbox --repl',
      ),
    )
    .action((words: readonly string[], args: MailboxArguments) => mailbox(terminal, words, args));
}
