// Snippets of the config repo on storage `local`: what cloud-init of a VM is given beside Proxmox's own settings. A file that others put there is never
// replaced, and none is made executable, so that nothing that a push writes is run by the node (a hook script is a person's).

import { createHash } from 'node:crypto';
import type { BlobId } from '../../../model/ids.ts';
import { type Comparison, listField, textDifference } from '../../comparison.ts';
import { HOST } from '../../dependencies.ts';
import { volumeOf } from '../../guest/snippet-needs.ts';
import type { Decision, HostReader } from '../../manager.ts';
import { act, actions, digest, NOTES, remove, textOf, write } from '../act.ts';
import type { HostSnippet } from '../declared.ts';
import type { Section } from '../section.ts';

const FOLDER = '/var/lib/vz/snippets';
/** Names of the files that Phoenix put there. */
const NOTE = `${NOTES}/snippets.json`;
const GUESTS = ['/etc/pve/lxc', '/etc/pve/qemu-server'];

type SnippetsSpec = { readonly snippets: readonly HostSnippet[] };

interface Facts {
  /** Content by path. */
  readonly files: ReadonlyMap<string, string>;
  /** Content of the note. */
  readonly noted: string | null;
}

interface Seen extends Facts {
  /** Configuration files of guests; null where they were not read. */
  readonly guests: ReadonlyMap<string, string> | null;
}

/** A content is known by Git's id of it. */
const compares: Comparison<SnippetsSpec, Seen> = {
  fields: [
    listField('snippets', ['snippets'], {
      by: ['name'],
      declared: ({ snippets: declared }) =>
        declared.flatMap(({ name, path, blob }) => (blob === null ? [] : [{ name, source: path }])),
      observed: (seen, { snippets: declared }) => [
        ...declared.flatMap(({ name, path, blob }) => {
          const present = seen.files.get(pathOf(name));
          if (present === undefined || blob === null) return [];
          return [{ name, source: hasContent(present, blob) ? path : `another content, SHA-256 ${digest(present)}` }];
        }),
        ...goneIn(declared, seen).map((name) => ({ name })),
      ],
    }),
  ],
  rest({ spec: { snippets: declared } }, { files, noted }) {
    const names = declared.map(({ name }) => name).filter((name) => ownedBy(noted).includes(name));
    const left = [...names, ...goneIn(declared, { files, noted })];
    const stale = ownedBy(noted).some((name) => !left.includes(name));
    return stale ? textDifference(NOTE, noteText(left), noted) : [];
  },
};

export const snippets: Section<SnippetsSpec, Facts, Seen> = {
  name: 'snippets',
  declared: ({ hypervisor: { snippets: declared } }) =>
    declared.length === 0 ? null : { spec: { snippets: declared }, needs: [] },
  impact: () => 'live',
  inventory: readFacts,
  quickCheck: (facts, { spec, adopt }) => {
    const seen = { ...facts, guests: null };
    const decision = decisionFor(spec?.snippets ?? [], seen, adopt === true);
    return decision.kind === 'actions' && decision.actions.length === 0 ? seen : null;
  },
  observe: async (host) => ({ ...(await readFacts(host)), guests: await host.readFolders(GUESTS) }),
  decide: ({ spec, adopt }, seen) => decisionFor(spec?.snippets ?? [], seen, adopt === true),
  compares,
  isThere: ({ spec }, { files }) => (spec?.snippets ?? []).some(({ name }) => files.has(pathOf(name))),
  health: () => null,
};

async function readFacts(host: HostReader): Promise<Facts> {
  const [files, noted] = await Promise.all([host.readFolders([FOLDER]), textOf(host, NOTE)]);
  return { files, noted };
}

function decisionFor(declared: readonly HostSnippet[], { files, noted, guests }: Seen, adopted: boolean): Decision {
  const owned = ownedBy(noted);
  const changed = declared.flatMap(({ name, blob }) =>
    blob === null || hasContent(files.get(pathOf(name)), blob) ? [] : [{ name, blob }],
  );
  const foreign = changed.find(({ name }) => files.has(pathOf(name)) && !owned.includes(name));
  if (foreign !== undefined && !adopted) {
    const reason = `${pathOf(foreign.name)} is there, and Phoenix did not put it there: declare the snippet under another name, or take the file over with phoenix adopt ${HOST.snippets}`;
    return { kind: 'blocked', reason };
  }
  const names = declared.map(({ name }) => name);
  const gone = goneIn(declared, { files, noted });
  const held = gone.find((name) => holderOf(name, guests) !== null);
  if (held !== undefined) {
    const reason = `${volumeOf(held)} is no longer declared, and guest ${holderOf(held, guests)} still names it`;
    return { kind: 'impossible', reason, passing: true };
  }
  // One of people that is as declared stays theirs.
  const kept = names.filter((name) => owned.includes(name) || changed.some((each) => each.name === name));
  const note = noteText([...kept, ...gone]);
  const rest = noteText(kept);
  return actions(
    noteAction('record which snippets Phoenix writes', note, noted),
    changed.map(({ name, blob }) => {
      const present = files.get(pathOf(name));
      return act(`write ${volumeOf(name)}`, {
        kind: 'file',
        path: pathOf(name),
        content: { from: 'blob', blob },
        mode: 0o644,
        expects: present === undefined ? 'absent' : digest(present),
      });
    }),
    gone.map((name) => remove(`delete ${volumeOf(name)}`, pathOf(name))),
    gone.length === 0 ? null : noteAction('record which snippets are left', rest, note),
  );
}

function ownedBy(noted: string | null): readonly string[] {
  return noted === null ? [] : JSON.parse(noted);
}

/** Phoenix's snippets that are no longer declared. */
function goneIn(declared: readonly HostSnippet[], { files, noted }: Facts): string[] {
  return ownedBy(noted).filter((name) => !declared.some((one) => one.name === name) && files.has(pathOf(name)));
}

function noteText(names: readonly string[]): string {
  return `${JSON.stringify([...new Set(names)].sort())}\n`;
}

/** Nothing where the note says so already, and where there is nothing to note. */
function noteAction(summary: string, text: string, present: string | null) {
  return text === (present ?? '[]\n') ? null : write(summary, NOTE, text, present, 0o600);
}

/** The number of a guest that names a snippet; null for none, and where nobody looked. */
function holderOf(name: string, guests: ReadonlyMap<string, string> | null): string | null {
  const [path] = [...(guests ?? [])].find(([, conf]) => conf.split(/[\s,=]+/).includes(volumeOf(name))) ?? [];
  return path === undefined ? null : (/(\d+)\.conf$/.exec(path)?.[1] ?? null);
}

function pathOf(name: string): string {
  return `${FOLDER}/${name}`;
}

/** By Git's id of a file's content. */
function hasContent(text: string | undefined, blob: BlobId): boolean {
  if (text === undefined) return false;
  const bytes = Buffer.from(text);
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex') === blob;
}
