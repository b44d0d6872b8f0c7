// Runs scripts for the gateways inside their containers. The text of each script is constant; paths are arguments and content is standard input, so
// that nothing of the configuration is ever parsed as shell.

import type { Action, Content } from '../../model/action.ts';
import type { Impact } from '../../model/plan.ts';
import type { CommandResult } from '../../ports/host.ts';
import { difference, type FoundDifference } from '../comparison.ts';
import { textDigest } from '../guest/digest.ts';
import { freezerFile, frozenReason, isFrozen } from '../guest/observe/freezer.ts';
import { runInside } from '../guest/proxmox/command.ts';
import type { Decision, HostReader } from '../manager.ts';

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
  /** Of the active file; empty where there is none. Whether it ends with a line break is not known. */
  readonly text: string;
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
  | Unreachable;

/** The container could not be inspected; the reason says why. `passing`: it goes away by itself, as a backup that freezes the container does. */
export interface Unreachable {
  readonly kind: 'unreachable';
  readonly reason: string;
  readonly passing?: true;
}

/** What is decided for a container that could not be inspected. */
export function cannotLook({ reason, passing }: Unreachable): Decision {
  return { kind: 'impossible', reason, ...(passing === true ? { passing } : {}) };
}

/** Paths inside the container: the active file, and the copy of the last proven one. */
export interface Places {
  readonly current: string;
  readonly proven: string;
}

/** Whether the active file is there and ours; null where the container could not be inspected. */
export function isInstalled(inside: Look): boolean | null {
  return inside.kind === 'seen' ? inside.files.current !== null && !isForeign(inside.files) : null;
}

/** Marks each line of a file that a script prints, so that no line of it is taken for something else. */
const LINE = '= ';

/** A part of a script that prints the file of an argument, such as `$1`. It is a line apart from what follows, also if the file does not end with one. */
export function printFile(argument: string, mark = LINE): string {
  return `sed -e 's#^#${mark}#' "${argument}" ; echo`;
}

/** The text that `printFile` printed; empty where there was no file. */
export function printedFile(lines: readonly string[], mark = LINE): string {
  return lines.flatMap((line) => (line.startsWith(mark) ? [`${line.slice(mark.length)}\n`] : [])).join('');
}

/**
 * Runs a script that prints digests, the active file by `printFile`, the state of the unit, and then further lines. Its arguments are the places and
 * `more`.
 */
export async function inspect(
  host: HostReader,
  guest: number,
  script: string,
  places: Places,
  more: readonly string[] = [],
): Promise<Look> {
  if (isFrozen(await host.readFile(freezerFile(guest))))
    return { kind: 'unreachable', reason: frozenReason(guest), passing: true };
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
  const [state = '', ...rest] = others.filter((line) => !line.startsWith(LINE));
  const [current = null, proven = null] = [digests.get(places.current), digests.get(places.proven)];
  const files = { current, proven, text: printedFile(others), active: state === 'active' };
  return { kind: 'seen', files, digests, rest, stderr: result.stderr };
}

function failureReason(guest: number, { stderr, stdout, ended }: CommandResult): string {
  const said = `${stderr}\n${stdout}`.trim().split('\n').at(-1) ?? '';
  return `nobody can look into container ${guest}: ${said === '' ? ended : said}; see to it that it runs`;
}

/**
 * A file inside the container: what differs of its parts, or, where that is only how it is written, the file as a whole. None for the same file.
 *
 * @param parts the text of the file; not called where there is none
 */
export function fileDifferences(
  path: string,
  declared: string,
  observed: { readonly digest: string | null; readonly text: string },
  parts: (text: string) => readonly FoundDifference[],
): readonly FoundDifference[] {
  if (observed.digest === textDigest(declared)) return [];
  if (observed.digest === null) return [difference([path], 'written by Phoenix', null)];
  const found = parts(observed.text);
  return found.length > 0 ? found : [difference([path], 'written by Phoenix', 'the same values, in another form')];
}

/** The folder inside the container with the last proven configuration. */
export const KEPT = '/var/lib/phoenix/gateway';

/** The first line of every file that Phoenix owns. */
export const MARK = '# Kept by Phoenix';

/** Whether a person wrote the file, which is then not overwritten. */
export function isForeign({ current, text }: Files): boolean {
  return current !== null && text !== '' && !text.startsWith(MARK);
}

/** Saves the active file as proven: from now on it replaces one that fails. */
export const KEEP = 'mkdir -p "$3" && touch "$1" && cp "$1" "$2.new" && mv "$2.new" "$2"';

/** Whether the active file is the last one that was proven to serve. */
export function isProven({ current, proven }: Files): boolean {
  return current !== null && current === proven;
}
