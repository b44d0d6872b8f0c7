// The notes of a guest. They belong to people: what they wrote there stays. Phoenix has a block of its own among it, where the guest
// says that Phoenix keeps it, for which repository and target, and how far it has come. That block is what makes a guest ours; a lost
// ledger loses nothing.

import type { Origin } from '../../manager.ts';
import type { GuestConf } from '../proxmox/conf.ts';

/** The tag that every guest of ours carries. */
export const OWNER_TAG = 'phoenix';

export interface Notes {
  /** What people wrote before Phoenix's block, without the empty line between. */
  readonly text: string;
  /** What people wrote after it, from its line end on; absent for nothing. */
  readonly after?: string;
  /** The declared description, where people's text does not say it already; absent for none. */
  readonly description?: string;
  readonly repository: string;
  readonly target: string;
  readonly commit: string;
  /** It has to be started once: it was made and never started, or is being restarted. */
  readonly building: boolean;
  /** With `building`: it ran before, and is not new. */
  readonly restarting?: boolean;
  /** What was installed when it was shut down for good; null where that was never noted. */
  readonly scripts: string | null;
  /** Written in the form before this one; absent where it is not. Then what stands before it may be a description of Phoenix's. */
  readonly old?: boolean;
}

/** Characters that Proxmox keeps of notes at most. */
export const MOST_NOTES = 8192;

const HEADING = '**Kept by Phoenix.** Change it in the repository, not here.';
const OLD_HEADING = 'Kept by Phoenix. Change it in the repository, not here.';

/** A guest that is being built may not have its tag yet: a clone gets it with its first change. */
export function isTagged(conf: GuestConf, { building }: Notes): boolean {
  return building || (conf.settings['tags'] ?? '').split(/[;,\s]+/).some((tag) => tag.toLowerCase() === OWNER_TAG);
}

/** The text for Proxmox's `--description`, which it shows as Markdown. A quoted description cannot be taken for anything else. */
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
  if (notes.building) block.push(`- phoenix-state: ${notes.restarting === true ? 'restarting' : 'building'}`);
  return `${text === '' ? '' : `${text}\n\n`}${block.join('\n')}${after}`;
}

/** Null when the notes are not Phoenix's. Of several blocks only the last counts. */
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
      ...(old ? { old } : {}),
    };
  }
  return null;
}

interface Block {
  readonly entries: ReadonlyMap<string, string>;
  readonly quoted: string;
  /** The line after its last one. */
  readonly end: number;
  readonly old: boolean;
}

/** The heading, the quoted description and the entries, whatever empty lines are between: nothing else is taken for a block. */
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

/** What people wrote into notes that may have Phoenix's block among them. */
export interface Surroundings {
  readonly text: string;
  readonly after?: string;
  readonly description?: string;
}

/**
 * What surrounds Phoenix's block once it says what is declared. People's text is never taken away; only a text that Phoenix wrote
 * itself, in the old form, where the description stood before the block.
 */
export function surroundings(description: string, declared: string, before: string | undefined): Surroundings {
  const present = parseNotes(description);
  const { text, after } = present ?? { text: description };
  const isOurs = present?.old === true && before !== undefined && before !== '' && text.trim() === before;
  const kept = isOurs && declared !== before ? '' : text;
  const around = { text: kept, ...(after === undefined ? {} : { after }) };
  const isSaid = declared === '' || containsLines(kept, declared) || containsLines(after ?? '', declared);
  return isSaid ? around : { ...around, description: declared };
}

/** Whether these lines stand in the text, one after the other. */
function containsLines(text: string, lines: string): boolean {
  const plain = (part: string) =>
    `\n${part
      .replaceAll(/\r\n?/g, '\n')
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n')}\n`;
  return plain(text).includes(plain(lines));
}

/** Whether nothing but the commit and the form differs: that alone is no reason to touch a guest. */
export function sameNotes(one: Notes | null, other: Notes): boolean {
  return one !== null && printNotes({ ...one, commit: '' }) === printNotes({ ...other, commit: '' });
}

/** What the configuration's free text becomes: line ends of one kind, no space at its ends. */
export function notesText(description: string | null): string {
  return (description ?? '').replaceAll(/\r\n?/g, '\n').trim();
}

/** The repository as it is written down: without a user or password in its URL. */
export function repositoryName(origin: Origin): string {
  return origin.repository.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1').replaceAll(/\s/g, '');
}
