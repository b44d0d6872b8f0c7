// The one place that runs what managers return.

import { setTimeout as pause } from 'node:timers/promises';
import { readAnswer } from '../../managers/guest/proxmox/answer.ts';
import type { Action, CertificateSigning, Command, FileWrite, HttpRequest } from '../../model/action.ts';
import { programWords } from '../../model/failure.ts';
import { atPointer, type Json } from '../../model/json.ts';
import type { CommandResult, Host } from '../../ports/host.ts';
import { Aborted } from './lease.ts';
import type { StepLog } from './step-log.ts';

interface Surroundings {
  readonly signal: AbortSignal;
  readonly log: StepLog;
  /** The target that the action changes: no other command for it runs on the node meanwhile. Absent for reads. */
  readonly target?: string;
}

/** Runs an action, with retries where it declares them. A file that is not as expected counts as a failure that the next observation explains. */
export async function runAction(host: Host, action: Action, surroundings: Surroundings): Promise<CommandResult> {
  const { signal, log } = surroundings;
  const { times, intervalSeconds } = action.until ?? { times: 1, intervalSeconds: 0 };
  for (let tries = 1; ; tries += 1) {
    log.write(`> ${action.summary}`);
    const result = await runOnce(host, action.do, surroundings);
    log.write(`= ${result.ended === 'exited' ? `exit ${result.exit}` : result.ended}`);
    if (result.exit === 0 || isOpen(result)) return result;
    if (tries >= times || isRefusal(action, result)) {
      if (action.undo !== undefined && result.ended === 'exited') await undo(host, action.undo, surroundings);
      return result;
    }
    await pauseFor(intervalSeconds, signal);
  }
}

async function undo(host: Host, undo: Command, surroundings: Surroundings): Promise<void> {
  surroundings.log.write(TAKES_BACK);
  await runCommand(host, undo, surroundings);
}

const TAKES_BACK = '… it failed: what it left to wait for the next start is taken back';

/** Whether the result is unknown: it may still be running, or was never started; only an observation of the host can tell. */
export function isOpen({ ended }: CommandResult): boolean {
  return ended === 'unknown' || ended === 'not started';
}

/** Resolves when no earlier command for the target is running any more, whoever started it. Fails with `Aborted` when the work is aborted. */
export async function drain(host: Host, target: string, { signal, log }: Surroundings): Promise<void> {
  await host.settle(target, { signal, onWait: () => log.write(WAITS) });
  if (signal.aborted) throw new Aborted();
}

const WAITS = '… an earlier command for the same target still runs on the node: it is waited for';

/** Whether a service refused the request itself, so that a retry is useless; not for a timeout or something that does not exist yet. */
function isRefusal({ do: { kind } }: Action, { exit }: CommandResult): boolean {
  return kind === 'http' && exit !== null && exit >= 400 && exit < 500 && ![404, 408, 425, 429].includes(exit);
}

/** Runs one check of a health probe: a program of the node, or a request to a service. Fails with `Aborted` when the work is aborted. */
export async function runProbe(
  host: Host,
  question: Command | HttpRequest,
  { signal, log }: Omit<Surroundings, 'target'>,
): Promise<CommandResult> {
  const surroundings = { signal, log };
  return question.kind === 'http' ? send(host, question, surroundings) : runCommand(host, question, surroundings);
}

async function runCommand(host: Host, command: Command, { signal, log, target }: Surroundings): Promise<CommandResult> {
  const guard = target === undefined ? {} : { target, onWait: () => log.write(WAITS) };
  const result = await host.run(command, { signal, onOutput: (line) => log.write(line), ...guard });
  if (signal.aborted || result.ended === 'aborted') throw new Aborted();
  return readAnswer(command, result);
}

/** Fails with `Aborted` when the work was aborted. */
export async function pauseFor(seconds: number, signal: AbortSignal): Promise<void> {
  await pause(seconds * 1000, undefined, { signal }).catch(() => {
    throw new Aborted();
  });
}

async function runOnce(host: Host, work: Action['do'], surroundings: Surroundings): Promise<CommandResult> {
  switch (work.kind) {
    case 'command':
      return runCommand(host, work, surroundings);
    case 'file':
      return writeFile(host, work);
    case 'lines':
      return resultOf(host.addLines(work));
    case 'folder':
      return resultOf(host.makeFolder(work));
    case 'place':
      return resultOf(host.placeFiles(work));
    case 'remove':
      return resultOf(host.removeFiles(work));
    case 'http':
      return send(host, work, surroundings);
    case 'signing':
      return sign(host, work, surroundings);
  }
}

/** The result in terms of a program: exit 0 for an expected answer, else its status, with its text as output. */
async function send(host: Host, work: HttpRequest, { signal, log }: Surroundings): Promise<CommandResult> {
  const { status, body, message, ms, ended } = await host.request(work, { signal });
  if (signal.aborted || ended === 'aborted') throw new Aborted();
  if (status === null) return { exit: 1, stdout: '', stderr: message, ms, ended: 'exited' };
  const done = work.accept?.includes(status) ?? (status >= 200 && status < 300);
  // The answer to a request may hold anything, also secrets that nobody declared: only what was not expected is reported of it.
  const wrong = done ? unexpected(work, body) : body;
  if (wrong !== null) log.write(`status ${status} ${wrong.slice(0, SHOWN)}`.trim());
  const exit = wrong === null ? 0 : done ? 1 : status;
  return { exit, stdout: wrong === null ? body : '', stderr: wrong ?? '', ms, ended: 'exited' };
}

/** Maximum length of an unexpected answer in the log, in characters. */
const SHOWN = 2000;

/** Why an answer is not the expected one; null when it is. */
function unexpected({ expect }: HttpRequest, body: string): string | null {
  if (expect === undefined) return null;
  const { pointer, oneOf } = expect;
  let value: Json | undefined;
  try {
    value = atPointer(JSON.parse(body), pointer);
  } catch {
    return 'the answer is no JSON';
  }
  if (oneOf.some((each) => JSON.stringify(each) === JSON.stringify(value))) return null;
  // What a service answers is no remedy, whatever it holds.
  return programWords(`${pointer} is ${JSON.stringify(value) ?? 'not there'}`);
}

/** A failure ends with the remaining validity of the certificate in use, where the text is never truncated. */
async function sign(host: Host, work: CertificateSigning, { signal }: Surroundings): Promise<CommandResult> {
  const { failure, aborted, ms } = await host.sign(work, { signal });
  if (signal.aborted || aborted) throw new Aborted();
  const kept = work.until === null ? '' : `, the present one is valid until ${work.until}`;
  return {
    exit: failure === null ? 0 : 1,
    stdout: '',
    stderr: failure === null ? '' : `${failure}; see to the authority${kept}`,
    ms,
    ended: 'exited',
  };
}

async function writeFile(host: Host, work: FileWrite): Promise<CommandResult> {
  const began = performance.now();
  const written = await host.writeFile(work);
  return {
    exit: written ? 0 : 1,
    stdout: '',
    stderr: written ? '' : `${work.path} was changed by somebody else meanwhile; replay`,
    ms: performance.now() - began,
    ended: 'exited',
  };
}

async function resultOf(work: Promise<void>): Promise<CommandResult> {
  const began = performance.now();
  await work;
  return { exit: 0, stdout: '', stderr: '', ms: performance.now() - began, ended: 'exited' };
}
