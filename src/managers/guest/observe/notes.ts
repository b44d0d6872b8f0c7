// The notes of a guest. They belong to people, whose text stays. Phoenix has its own block among it, which says that Phoenix manages the guest, for
// which repository and target, and how far its creation has come. The block is the owner mark: without a ledger, ownership is still known.

import type { Origin } from '../../manager.ts';
import type { GuestConf } from '../proxmox/conf.ts';

/** The tag of every guest that Phoenix owns. */
export const OWNER_TAG = 'phoenix';

export interface Notes {
  /** People's text before Phoenix's block, without the empty line in between. */
  readonly text: string;
  /** People's text after the block, starting with the block's line end; absent for nothing. */
  readonly after?: string;
  /** The declared description, unless people's text already contains it; absent for none. */
  readonly description?: string;
  readonly repository: string;
  readonly target: string;
  readonly commit: string;
  /** It still has to be started once: it was created and never started, or is being restarted. */
  readonly building: boolean;
  /** With `building`: the guest ran before and is not new. */
  readonly restarting?: boolean;
  /** Digest of what was installed when it was shut down permanently; null where that was never noted. */
  readonly scripts: string | null;
  /** Keyed digest of the password that cloud-init was last given; absent where none was. */
  readonly password?: string;
  /** It was set what it reads at its next start, and was not restarted since then; Proxmox does not record that. Absent otherwise. */
  readonly restartDue?: RestartDue;
  /** The block has the previous format, in which the text before it may be Phoenix's description; absent otherwise. */
  readonly old?: boolean;
}

/** The process in which the VM ran when it was set: with another one, it was restarted. `unknown` where that was not noted. */
export type RestartDue = number | 'unknown';

/** Maximum length of notes in Proxmox, in characters. */
export const MAX_NOTES = 8192;

const HEADING = '**Kept by Phoenix.** Change it in the repository, not here.';
const OLD_HEADING = 'Kept by Phoenix. Change it in the repository, not here.';

/** Whether the guest has its tag, or is still being built: a clone gets the tag with its first change. */
export function isTagged(conf: GuestConf, { building }: Notes): boolean {
  return building || (conf.settings['tags'] ?? '').split(/[;,\s]+/).some((tag) => tag.toLowerCase() === OWNER_TAG);
}

/** The text for Proxmox's `--description`, which is shown as Markdown. The description is quoted, so that it cannot be mistaken for anything else. */
export function printNotes(notes: Notes): string {
  const { text, after = '', description = '' } = notes;
  const quoted = description === '' ? [] : [description.replaceAll(/^/gm, '> '), ''];
  const block = [
    HEADING,
    '',
    ...quoted,
    `- phoenix-repository: ${notes.repository}`,
    `- phoenix-target: ${notes.target}`,
    `- phoenix-commit: ${notes.commit}`,
  ];
  if (notes.scripts !== null) block.push(`- phoenix-scripts: ${notes.scripts}`);
  if (notes.password !== undefined) block.push(`- phoenix-password: ${notes.password}`);
  if (notes.restartDue !== undefined) block.push(`- phoenix-restart: ${restartText(notes.restartDue)}`);
  if (notes.building) block.push(`- phoenix-state: ${notes.restarting === true ? 'restarting' : 'building'}`);
  return `${text === '' ? '' : `${text}\n\n`}${block.join('\n')}${after}`;
}

/** Null when the notes have no block of Phoenix's. Of several blocks only the last one counts. */
export function parseNotes(description: string): Notes | null {
  const lines = description.split('\n');
  for (let start = lines.length - 1; start >= 0; start -= 1) {
    const block = blockAt(lines, start);
    if (block === null) continue;
    const { entries, quoted, old } = block;
    const state = entries.get('state');
    const after = lines.slice(block.end).map((line) => `\n${line}`);
    return {
      text: lines.slice(0, start).join('\n').replace(/\n$/, ''),
      ...(after.length === 0 ? {} : { after: after.join('') }),
      ...(quoted === '' ? {} : { description: quoted }),
      repository: entries.get('repository') ?? '',
      target: entries.get('target') ?? '',
      commit: entries.get('commit') ?? '',
      building: state === 'building' || state === 'restarting',
      ...(state === 'restarting' ? { restarting: true } : {}),
      scripts: entries.get('scripts') ?? null,
      ...withPassword(entries.get('password')),
      ...withRestartDue(parseRestart(entries.get('restart'))),
      ...(old ? { old } : {}),
    };
  }
  return null;
}

/** The note of a password, absent where there is none. */
export function withPassword(password: string | undefined): Pick<Notes, 'password'> {
  return password === undefined ? {} : { password };
}

/** The note that a restart is due, absent where none is. */
export function withRestartDue(restartDue: RestartDue | undefined): Pick<Notes, 'restartDue'> {
  return restartDue === undefined ? {} : { restartDue };
}

function restartText(due: RestartDue): string {
  return due === 'unknown' ? 'due' : `due while process ${due} runs`;
}

function parseRestart(text: string | undefined): RestartDue | undefined {
  if (text === 'due') return 'unknown';
  const process = /^due while process (\d+) runs$/.exec(text ?? '')?.[1];
  return process === undefined ? undefined : Number(process);
}

interface Block {
  readonly entries: ReadonlyMap<string, string>;
  readonly quoted: string;
  /** Index of the line after the block. */
  readonly end: number;
  readonly old: boolean;
}

/** Recognises a block by its heading, the quoted description and the entries, with any empty lines between; nothing else counts as a block. */
function blockAt(lines: readonly string[], start: number): Block | null {
  const heading = lines[start]?.trimEnd();
  const old = heading === OLD_HEADING;
  if (!old && heading !== HEADING) return null;
  const isEmpty = (line: string | undefined) => line !== undefined && line.trim() === '';
  let end = start + 1;
  const quoted: string[] = [];
  for (; !old && (isEmpty(lines[end]) || lines[end]?.startsWith('>')); end += 1) {
    const line = lines[end] ?? '';
    if (line.startsWith('>')) quoted.push(line.replace(/^> ?/, ''));
  }
  const entries = new Map<string, string>();
  for (; ; end += 1) {
    const [, key, value] = (old ? OLD_ENTRY : ENTRY).exec((lines[end] ?? '').trimEnd()) ?? [];
    if (key === undefined || value === undefined) break;
    entries.set(key, value);
  }
  return entries.has('target') ? { entries, quoted: quoted.join('\n'), end, old } : null;
}

const ENTRY = /^- phoenix-([a-z]+): (.*)$/;
const OLD_ENTRY = /^phoenix-([a-z]+): (.*)$/;

/** People's text in notes that may contain Phoenix's block. */
export interface Surroundings {
  readonly text: string;
  readonly after?: string;
  readonly description?: string;
}

/**
 * The text around Phoenix's block once the block is up to date. People's text is never removed; only text that Phoenix wrote itself in the previous
 * format, where the description was before the block.
 */
export function surroundings(description: string, declared: string, before: string | undefined): Surroundings {
  const present = parseNotes(description);
  const { text, after } = present ?? { text: description };
  const isOurs = present?.old === true && before !== undefined && before !== '' && text.trim() === before;
  const ownText = isOurs && declared !== before ? '' : text;
  const surrounding = { text: ownText, ...(after === undefined ? {} : { after }) };
  const isPresent = declared === '' || containsLines(ownText, declared) || containsLines(after ?? '', declared);
  return isPresent ? surrounding : { ...surrounding, description: declared };
}

/** Whether the text contains these lines in sequence. */
function containsLines(text: string, lines: string): boolean {
  const plain = (part: string) =>
    `\n${part
      .replaceAll(/\r\n?/g, '\n')
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n')}\n`;
  return plain(text).includes(plain(lines));
}

/** Whether only the commit and the format differ, which is no reason to change a guest. */
export function sameNotes(one: Notes | null, other: Notes): boolean {
  return one !== null && printNotes({ ...one, commit: '' }) === printNotes({ ...other, commit: '' });
}

/** Normalises the configuration's free text: uniform line ends, trimmed. */
export function notesText(description: string | null): string {
  return (description ?? '').replaceAll(/\r\n?/g, '\n').trim();
}

/** The repository as written in marks: without credentials in its URL. */
export function repositoryName(origin: Origin): string {
  return origin.repository.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1').replaceAll(/\s/g, '');
}
