// Parses commits and trees. The library refuses a whole tree for one name with a backslash, such as systemd's units have, and a commit with an
// unusual author line; these parsers accept what Git accepts.

import type { BlobId, CommitSha } from '../../../model/ids.ts';
import type { CommitInfo } from '../../../ports/repository.ts';
import { Damage } from '../errors.ts';

export interface CommitObject extends CommitInfo {
  readonly tree: string;
  /** The commit's own timestamp, in seconds since 1970. */
  readonly time: number;
}

export interface TreeEntry {
  readonly name: string;
  readonly id: string;
  readonly kind: 'file' | 'executable' | 'symlink' | 'submodule' | 'folder';
}

/** @throws Damage for an invalid commit */
export function toCommit(id: string, content: Buffer): CommitObject {
  const text = content.toString('utf8');
  const end = text.indexOf('\n\n');
  const head = end < 0 ? text : text.slice(0, end);
  const tree = /^tree ([0-9a-f]{40})$/m.exec(head)?.[1];
  if (tree === undefined) throw new Damage(`the commit ${id} names no tree`);
  const parents = [...head.matchAll(/^parent ([0-9a-f]{40})$/gm)].map(([, parent]) => parent as CommitSha);
  return {
    sha: id as CommitSha,
    parents,
    message: end < 0 ? '\n' : messageOf(text.slice(end + 2)),
    author: /^author (.*?) ?<.*$/m.exec(head)?.[1] ?? '',
    tree,
    time: Number(/^committer .*> (-?\d+) [^ ]*$/m.exec(head)?.[1] ?? 0),
  };
}

/**
 * The object that a tag points to. @throws Damage for an invalid tag
 */
export function taggedBy(id: string, content: Buffer): string {
  const object = /^object ([0-9a-f]{40})$/m.exec(content.toString('utf8'))?.[1];
  if (object === undefined) throw new Damage(`the tag ${id} names nothing`);
  return object;
}

/** Without leading line breaks, and with a single one at the end. */
function messageOf(text: string): string {
  return `${text.replaceAll('\r', '').replace(/^\n+/, '').replace(/\n+$/, '')}\n`;
}

/** @throws Damage for an invalid tree */
export function toTree(id: string, content: Buffer): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const end = content.indexOf(0, space);
    if (space < 0 || end < 0 || end + 21 > content.length) throw new Damage(`the tree ${id} is cut off`);
    entries.push({
      name: content.toString('utf8', space + 1, end),
      id: content.toString('hex', end + 1, end + 21) as BlobId,
      kind: kindOf(content.toString('latin1', at, space).padStart(6, '0')),
    });
    at = end + 21;
  }
  return entries;
}

/** Git's file modes: anything but an executable, link, submodule or folder is a plain file. */
function kindOf(mode: string): TreeEntry['kind'] {
  switch (mode) {
    case '040000':
      return 'folder';
    case '100755':
      return 'executable';
    case '120000':
      return 'symlink';
    case '160000':
      return 'submodule';
    default:
      return 'file';
  }
}
