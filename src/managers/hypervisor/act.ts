// How the sections of the host act: programs of the system with their arguments, and files that are Phoenix's own.

import { createHash } from 'node:crypto';
import type { Action, Command, Content } from '../../model/action.ts';
import type { Impact } from '../../model/plan.ts';
import type { Decision, HostReader } from '../manager.ts';

/** First line of every file that is Phoenix's own, with the way to change it. */
export const MARK = '# Kept by Phoenix. Change it in the repository, not here.';

/** What Phoenix notes about the host: everything below is its own. */
export const NOTES = '/var/lib/phoenix';

const SECONDS = 120;

export function run(program: string, args: readonly string[], more: Partial<Command> = {}): Command {
  return { kind: 'command', program, args, timeoutSeconds: SECONDS, ...more };
}

export function act(summary: string, what: Action['do'], impact: Impact = 'live'): Action {
  return { summary, impact, do: what };
}

/** Writes a file of ours, unless somebody has changed it since it was looked at. */
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

/** The text of a file; null when it is not there. */
export async function textOf(host: HostReader, path: string): Promise<string | null> {
  return (await host.readFile(path)) ?? null;
}

/** The output of a program that only looks; fails when it does. */
export async function outputOf(host: HostReader, program: string, args: readonly string[]): Promise<string> {
  const { exit, stdout, stderr, ended } = await host.run(run(program, args));
  if (exit !== 0) throw new Error(`${[program, ...args].join(' ')}: ${stderr.trim() || ended}`);
  return stdout;
}

/** A package of Debian, installed without questions. */
export function install(name: string): Action {
  const args = ['-y', '-q', '--no-install-recommends', '-o', 'Dpkg::Lock::Timeout=300', 'install', name];
  return act(`install package ${name}`, run('apt-get', args, { timeoutSeconds: 1800 }));
}
