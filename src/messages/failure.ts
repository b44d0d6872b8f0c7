// How a failed action is told: what ran, how it ended, the line that tells why, and what to do where that is known.

import type { Action } from '../model/action.ts';
import { failureText, programWords } from '../model/failure.ts';
import type { CommandResult } from '../ports/host.ts';
import { knownFailure } from './problems/known-failures.ts';

/** For example `pct start 101: exit 255: CT is locked (backup); …`. */
export function actionFailure(action: Action, result: CommandResult): string {
  const what = action.do.kind === 'command' ? `${action.do.program} ${firstWords(action.do.args)}` : action.summary;
  const line = errorLine(result.stderr) ?? errorLine(result.stdout);
  const why = line === undefined || !areForeignWords(action, result) ? line : programWords(line);
  const known = knownFailure(`${result.stderr}\n${result.stdout}`, isOfNode(action))?.remedy ?? null;
  const remedy = action.remedy ?? known;
  const told = [endInWords(action, result), why].filter((part) => part !== undefined);
  return failureText({ what: what.trim(), why: told.join(': '), remedy });
}

/**
 * Whether what is quoted is what a program or a service wrote, which is no remedy. A command that was not found or not started, a request
 * without an answer or with an unexpected one (exit 1), and files are told in Phoenix's own words, with their remedy.
 */
function areForeignWords({ do: { kind } }: Action, { exit, ended }: CommandResult): boolean {
  if (kind === 'http') return exit !== null && exit > 1;
  return kind === 'command' && ended !== 'not found' && ended !== 'not started';
}

/** Programs that print what they and the tools of storages (`lvcreate`, `zfs`, `mkfs`) say. */
const NODE_PROGRAMS: ReadonlySet<string> = new Set(['pct', 'qm', 'pvesm', 'pveam', 'zfs']);
const FILE_KINDS: ReadonlySet<Action['do']['kind']> = new Set(['file', 'lines', 'place', 'remove', 'folder']);
/** Verbs of `pct` and `qm` that run programs of the guest, or its hook script: their output contains what those print. */
const RUN_SCRIPTS = /^(exec|guest|start|stop|shutdown|reboot|suspend|resume|rollback|migrate)$/;

/** Whether no script can have printed what the action printed: files of the node, and commands that run none. */
function isOfNode({ do: act }: Action): boolean {
  if (act.kind === 'command') return NODE_PROGRAMS.has(act.program) && !RUN_SCRIPTS.test(act.args[0] ?? '');
  return FILE_KINDS.has(act.kind);
}

/** The last line that is not empty, a line that speaks of an error before others. */
export function errorLine(output: string): string | undefined {
  const lines = output.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
  // What nginx stopped at, before the line that only says that it did.
  const stopped = lines.findLast((line) => /\[(emerg|alert|crit)\]/.test(line));
  if (stopped !== undefined) return stopped;
  return lines.findLast((line) => /error|fail|cannot|can't|unable|not |invalid|no such/i.test(line)) ?? lines.at(-1);
}

/** Undefined where what was said of it says it all. */
function endInWords({ do: { kind } }: Action, { exit, ended }: CommandResult): string | undefined {
  switch (ended) {
    case 'exited':
      if (kind === 'command') return `exit ${exit}`;
      return kind === 'http' && exit !== null && exit > 1 ? `status ${exit}` : undefined;
    case 'not found':
      return 'there is no such program on the node';
    case 'timed out':
      return 'took too long and was stopped';
    case 'aborted':
    case 'killed':
      return 'was stopped';
    case 'unknown':
      return 'lost, and its end is not known';
    case 'not started':
      return 'not started';
    default:
      return ended satisfies never;
  }
}

/** The verb and what it acts on: options may be long and say little. */
function firstWords(args: readonly string[]): string {
  return args.slice(0, 2).join(' ');
}
