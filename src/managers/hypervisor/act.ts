// Building blocks for actions of the host's sections: running system programs, and writing files that Phoenix owns.

import { createHash } from 'node:crypto';
import type { Action, Command, Content } from '../../model/action.ts';
import type { Impact } from '../../model/plan.ts';
import type { Decision, HostReader } from '../manager.ts';

/** First line of every file that Phoenix owns, with the way to change it. */
export const MARK = '# Kept by Phoenix. Change it in the repository, not here.';

/** Where Phoenix keeps its notes about the host: everything below belongs to Phoenix. */
export const NOTES = '/var/lib/phoenix';

const SECONDS = 120;

export function run(program: string, args: readonly string[], more: Partial<Command> = {}): Command {
  return { kind: 'command', program, args, timeoutSeconds: SECONDS, ...more };
}

export function act(summary: string, what: Action['do'], impact: Impact = 'live'): Action {
  return { summary, impact, do: what };
}

/** Writes a file that Phoenix owns, unless it was changed since it was observed. */
export function write(summary: string, path: string, text: string, present: string | null, mode = 0o644): Action {
  const content: Content = { from: 'text', text };
  const expects = present === null ? 'absent' : digest(present);
  return act(summary, { kind: 'file', path, content, mode, expects });
}

export function remove(summary: string, path: string): Action {
  return act(summary, { kind: 'remove', paths: [path] });
}

/** SHA-256 in hexadecimal digits. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function actions(...list: readonly (Action | readonly Action[] | null)[]): Decision {
  return { kind: 'actions', actions: list.flatMap((each) => each ?? []) };
}

/** The text of a file; null when it does not exist. */
export async function textOf(host: HostReader, path: string): Promise<string | null> {
  return (await host.readFile(path)) ?? null;
}

/** The output of a program that only reads; fails when the program does. */
export async function outputOf(host: HostReader, program: string, args: readonly string[]): Promise<string> {
  const { exit, stdout, stderr, ended } = await host.run(run(program, args));
  if (exit !== 0) throw new Error(`${[program, ...args].join(' ')}: ${stderr.trim() || ended}`);
  return stdout;
}

/** Installs a Debian package non-interactively. */
export function install(name: string): Action {
  const args = ['-y', '-q', '--no-install-recommends', '-o', 'Dpkg::Lock::Timeout=300', 'install', name];
  return act(`install package ${name}`, run('apt-get', args, { timeoutSeconds: 1800 }));
}
