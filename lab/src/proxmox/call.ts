// A call of one of the lab's programs: its output, the tasks it starts, and the conversion of a refusal to an exit code and message.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { verbNamed } from '../../../src/proxmox/parameters/table.ts';
import type { Answer } from './answer.ts';
import { hostFile, type LabNode, pathOf } from './node.ts';
import { checkParameters, type Parameters, resolveVerb } from './parameters/check.ts';
import { usageLine } from './parameters/usage.ts';
import { Refusal } from './refusal.ts';

/** A call under way. Output of a task goes to standard output, warnings included, as Proxmox's workers do. */
export type Call = {
  readonly node: LabNode;
  /** Standard input; only read by the verbs that need it. */
  readonly stdin: () => Buffer;
  stdout: string;
  stderr: string;
  inTask: boolean;
  /** The warnings that its tasks have counted so far. */
  warnings: number;
  /** Ids of the tasks that the call started, in order. */
  readonly upids: string[];
};

/** Begins a call. */
export function newCall(node: LabNode, stdin: () => Buffer = () => Buffer.alloc(0)): Call {
  return { node, stdin, stdout: '', stderr: '', inTask: false, warnings: 0, upids: [] };
}

/** Prints a line. */
export function print(call: Call, line: string): void {
  call.stdout += `${line}\n`;
}

/** Prints a line as a warning. */
export function warn(call: Call, line: string): void {
  if (call.inTask) call.stdout += `${line}\n`;
  else call.stderr += `${line}\n`;
}

/** Prints a warning that its task counts: it ends with them, and is no failure (pve-common, PVE/RESTEnvironment.pm, log_warn). */
export function taskWarning(call: Call, line: string): void {
  warn(call, `WARN: ${line}`);
  call.warnings++;
}

/** Implements a verb; it may return an exit code, and refuses by throwing. */
export type Verb = (call: Call, parameters: Parameters) => number | undefined;

/** Runs a program: finds the verb, checks the parameters, runs it, and converts refusals to answers. */
export function answer(
  call: Call,
  program: string,
  argv: readonly string[],
  verbs: Readonly<Record<string, Verb>>,
): Answer {
  const resolved = resolveVerb(program, argv);
  if ('stderr' in resolved) return { stdout: '', stderr: resolved.stderr, rc: 255 };
  const checked = checkParameters(
    resolved.verb,
    resolved.argv,
    (path) => hostFile(call.node, path) ?? path,
    call.stdin,
  );
  if (!checked.ok) return { stdout: '', stderr: checked.stderr, rc: 255 };
  const carryOut = verbs[resolved.verb];
  if (carryOut === undefined) return { stdout: '', stderr: `the lab does not carry out '${resolved.verb}'\n`, rc: 255 };
  let rc = 0;
  try {
    rc = carryOut(call, checked.parameters) ?? 0;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const usage = verbNamed(resolved.verb);
    call.stderr += `${error.message}\n`;
    if (error.parameters !== undefined && usage !== undefined)
      call.stderr += usageLine({ command: resolved.verb, ...usage });
    rc = 255;
  }
  return { stdout: call.stdout, stderr: call.stderr, rc };
}

/** A finished task; `status` is `OK`, `WARNINGS:` with their number, or the error. */
export type Task = {
  readonly upid: string;
  readonly type: string;
  readonly id: string;
  readonly starttime: number;
  readonly endtime: number;
  readonly status: string;
  readonly log: string;
};

const TASKS = 'var/log/pve/tasks/lab.jsonl';

/** The node's finished tasks, oldest first. */
export function tasks(node: LabNode): Task[] {
  const file = pathOf(node, TASKS);
  // A task that ends at this moment may be writing its line: the part after the last line end is incomplete.
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  return lines.map((line) => JSON.parse(line) as Task);
}

const hex = (number: number): string => number.toString(16).toUpperCase().padStart(8, '0');

/**
 * Runs work as a task.
 * @param onFailure most verbs fail with their task; those that do not look at its end print the error and exit with 0
 */
export function task(
  call: Call,
  type: string,
  id: number | string,
  work: () => void,
  onFailure: 'fail' | 'print' = 'fail',
): void {
  const starttime = Math.floor(Date.now() / 1000);
  const upid = `UPID:${call.node.name}:${hex(process.pid)}:${hex(Math.floor(performance.now() * 100))}:${hex(starttime)}:${type}:${id}:root@pam:`;
  const begun = call.stdout.length;
  const outer = call.inTask;
  const before = call.warnings;
  call.inTask = true;
  call.upids.push(upid);
  let status = 'OK';
  try {
    work();
    const warnings = call.warnings - before;
    if (warnings > 0) status = `WARNINGS: ${warnings}`;
    if (warnings > 0 && !outer) call.stderr += `Task finished with ${warnings} warning(s)!\n`;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    status = error.message;
    if (onFailure === 'fail') throw new Refusal(status);
    call.stderr += `${status}\n`;
  } finally {
    call.inTask = outer;
    record(call.node, {
      upid,
      type,
      id: String(id),
      starttime,
      endtime: Math.floor(Date.now() / 1000),
      status,
      log: call.stdout.slice(begun),
    });
  }
}

function record(node: LabNode, finished: Task): void {
  const file = pathOf(node, TASKS);
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${JSON.stringify(finished)}\n`);
}
