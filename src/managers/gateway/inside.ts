// Runs scripts for the gateways inside their containers. The text of each script is constant; paths are arguments and content is standard input, so
// that nothing of the configuration is ever parsed as shell.

import type { Action, Content } from '../../model/action.ts';
import type { Impact } from '../../model/plan.ts';
import type { CommandResult } from '../../ports/host.ts';
import { differenceAt, type FoundDifference } from '../comparison.ts';
import { runInside } from '../guest/proxmox/command.ts';
import type { HostReader } from '../manager.ts';

/** Time limit of one script in seconds: at most they wait for a reload. */
const SECONDS = 120;

function scriptCommand(guest: number, script: string, args: readonly string[], stdin?: Content) {
  return runInside('pct', guest, ['/bin/sh', '-c', script, 'phoenix', ...args], SECONDS, stdin);
}

export function scriptAction(
  summary: string,
  guest: number,
  script: string,
  args: readonly string[],
  stdin?: string,
): Action {
  const content: Content | undefined = stdin === undefined ? undefined : { from: 'text', text: stdin };
  const impact: Impact = 'live';
  return { summary, impact, do: scriptCommand(guest, script, args, content) };
}

/** Digests of the active file and of the last one that was proven to serve. */
export interface Files {
  /** SHA-256 in hexadecimal digits; null where there is none. */
  readonly current: string | null;
  readonly proven: string | null;
  /** First line of the active file; empty where there is none. */
  readonly firstLine: string;
  readonly active: boolean;
}

export type Look =
  | {
      readonly kind: 'seen';
      readonly files: Files;
      /** SHA-256 in hexadecimal digits of each existing file, by path. */
      readonly digests: ReadonlyMap<string, string>;
      readonly rest: readonly string[];
      readonly stderr: string;
    }
  /** The container could not be inspected; the reason says why. */
  | { readonly kind: 'unreachable'; readonly reason: string };

/** Paths inside the container: the active file, and the copy of the last proven one. */
export interface Places {
  readonly current: string;
  readonly proven: string;
}

/** Whether the active file is there and ours; null where the container could not be inspected. */
export function isInstalled(inside: Look): boolean | null {
  return inside.kind === 'seen' ? inside.files.current !== null && !isForeign(inside.files) : null;
}

/**
 * Runs a script that prints digests, the first line of the file and the state of the unit, one line each, and then further lines.
 * Its arguments are the places and `more`.
 */
export async function inspect(
  host: HostReader,
  guest: number,
  script: string,
  places: Places,
  more: readonly string[] = [],
): Promise<Look> {
  const result = await host.run(scriptCommand(guest, script, [places.current, places.proven, ...more]));
  if (result.exit !== 0) return { kind: 'unreachable', reason: failureReason(guest, result) };
  const lines = result.stdout.split('\n');
  const digests = new Map<string, string>();
  const others: string[] = [];
  for (const line of lines) {
    const [, digest, path] = /^([0-9a-f]{64}) [ *](\/.*)$/.exec(line) ?? [];
    if (digest !== undefined && path !== undefined) digests.set(path, digest);
    else if (line !== '') others.push(line);
  }
  const current = digests.get(places.current) ?? null;
  const firstLine = current === null || current === EMPTY ? '' : (others.shift() ?? '');
  const [state = '', ...rest] = others;
  const files = { current, proven: digests.get(places.proven) ?? null, firstLine, active: state === 'active' };
  return { kind: 'seen', files, digests, rest, stderr: result.stderr };
}

/** Digest of an empty file. */
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

function failureReason(guest: number, { stderr, stdout, ended }: CommandResult): string {
  const said = `${stderr}\n${stdout}`.trim().split('\n').at(-1) ?? '';
  return `nobody can look into container ${guest}: ${said === '' ? ended : said}; see to it that it runs`;
}

/** A file inside the container, by its digest. */
export function fileDifference(path: string, declared: string, observed: string | null): FoundDifference[] {
  const named = (digest: string | null) => (digest === null ? null : `SHA-256 ${digest}`);
  return differenceAt([path], named(declared), named(observed));
}

/** The folder inside the container with the last proven configuration. */
export const KEPT = '/var/lib/phoenix/gateway';

/** The first line of every file that Phoenix owns. */
export const MARK = '# Kept by Phoenix';

/** Whether a person wrote the file, which is then not overwritten. */
export function isForeign({ current, firstLine }: Files): boolean {
  return current !== null && current !== EMPTY && !firstLine.startsWith(MARK);
}

/** Saves the active file as proven: from now on it replaces one that fails. */
export const KEEP = 'mkdir -p "$3" && touch "$1" && cp "$1" "$2.new" && mv "$2.new" "$2"';
