// Package repositories of the node: Proxmox's standard ones, and others that are already in files, enabled and disabled by Proxmox's own API.
// Undeclared repositories stay as they are, also when one is no longer declared.

import { createHash } from 'node:crypto';
import type { Action } from '../../../model/action.ts';
import {
  APT_FOLDER,
  APT_MAIN_FILE,
  type AptFiles,
  type AptRepository,
  readAptFiles,
} from '../../../proxmox/files/apt-repositories.ts';
import { APT_HANDLES, type AptHandle, isStandard, suiteIn } from '../../../proxmox/files/apt-standard.ts';
import { type ComparedField, type Comparison, listField, valueField } from '../../comparison.ts';
import type { Decision, HostReader } from '../../manager.ts';
import { act, actions, run, textOf } from '../act.ts';
import type { OtherRepository, PackageRepositories } from '../declared.ts';
import type { Section } from '../section.ts';

export interface SeenRepositories extends AptFiles {
  /** Debian suite of the node's release; null where it is unknown. */
  readonly suite: string | null;
}

/** The position of a repository in the files. */
interface Place {
  readonly path: string;
  readonly index: number;
  readonly repository: AptRepository;
}

const CALL = '/nodes/localhost/apt/repositories';
const RELEASE_FILE = '/etc/os-release';

const compares: Comparison<PackageRepositories, SeenRepositories> = {
  fields: [
    ...APT_HANDLES.map(
      (handle): ComparedField<PackageRepositories, SeenRepositories> =>
        valueField(`package_repositories.standard.${handle}`, ['standard'], {
          declared: ({ standard }) => standard[handle] ?? null,
          observed: (seen, { standard }) =>
            seen.suite === null || standard[handle] === undefined ? undefined : isUsed(placesOf(seen, handle)),
          asSeen: ({ standard, others }) => ({
            standard: Object.fromEntries(Object.entries(standard).filter(([name]) => name !== handle)),
            others,
          }),
        }),
    ),
    listField('package_repositories.others', ['others'], {
      by: ['file', 'uri', 'suite'],
      declared: ({ others }, seen) => others.filter((each) => !seen.errors.has(each.file)).map((each) => ({ ...each })),
      observed: (seen, { others }) =>
        seen.suite === null
          ? undefined
          : others.flatMap((each) => {
              const places = placesOfOther(each, seen);
              if (typeof places === 'string') return [];
              const isSame = places.every(({ repository }) => repository.enabled === each.enabled);
              return [{ ...each, enabled: isSame === each.enabled }];
            }),
      asSeen: ({ standard }) => ({ standard, others: [] }),
    }),
  ],
};

export const repositories: Section<PackageRepositories, SeenRepositories, SeenRepositories> = {
  name: 'repositories',
  declared: ({ hypervisor: { packageRepositories: spec } }) => (spec === null ? null : { spec, needs: [] }),
  impact: () => 'live',
  inventory: seeRepositories,
  quickCheck: (seen) => seen,
  observe: seeRepositories,
  decide: ({ spec }, seen) => (spec === undefined ? actions() : decisionFor(spec, seen)),
  compares,
  health: () => null,
};

/** Reads files only. */
export async function seeRepositories(host: HostReader): Promise<SeenRepositories> {
  const [main, folder, release] = await Promise.all([
    textOf(host, APT_MAIN_FILE),
    host.readFolders([APT_FOLDER]),
    textOf(host, RELEASE_FILE),
  ]);
  const texts = new Map([...folder, ...(main === null ? [] : ([[APT_MAIN_FILE, main]] as const))]);
  return { ...readAptFiles(texts), suite: suiteIn(release ?? '') };
}

/** Every place of a standard repository. */
export function placesOf({ files, suite }: SeenRepositories, handle: AptHandle): Place[] {
  if (suite === null) return [];
  return allPlaces(files).filter(({ repository }) => isStandard(repository, handle, suite));
}

function allPlaces(files: AptFiles['files']): Place[] {
  return files.flatMap(({ path, repositories: all }) => all.map((repository, index) => ({ path, index, repository })));
}

function decisionFor({ standard, others }: PackageRepositories, seen: SeenRepositories): Decision {
  if (seen.suite === null) {
    return { kind: 'impossible', reason: `${RELEASE_FILE} does not say which release of Debian the host runs` };
  }
  const calls: Call[] = [];
  for (const handle of APT_HANDLES) {
    const places = placesOf(seen, handle);
    if (standard[handle] === true && !isUsed(places)) calls.push(addition(handle));
    if (standard[handle] === false) calls.push(...switches(places, false));
  }
  for (const other of others) {
    const places = placesOfOther(other, seen);
    if (typeof places === 'string') return { kind: 'blocked', reason: places };
    calls.push(...switches(places, other.enabled));
  }
  return actions(calls.map((call, index) => actionOf(call, index === 0 ? digestOf(seen) : null)));
}

function isUsed(places: readonly Place[]): boolean {
  return places.some(({ repository }) => repository.enabled);
}

interface Call {
  readonly summary: string;
  readonly verb: 'set' | 'create';
  readonly args: readonly string[];
}

function addition(handle: AptHandle): Call {
  return { summary: `have the repository ${handle} used`, verb: 'set', args: ['--handle', handle] };
}

function switches(places: readonly Place[], enabled: boolean): Call[] {
  return places
    .filter(({ repository }) => repository.enabled !== enabled)
    .map(({ path, index, repository }) => ({
      summary: `switch the repository ${repository.uris[0]} ${repository.suites.join(' ')} in ${path} ${enabled ? 'on' : 'off'}`,
      verb: 'create',
      args: ['--path', path, '--index', String(index), '--enabled', enabled ? '1' : '0'],
    }));
}

/** The digest that Proxmox computes over all files. */
export function digestOf({ files }: Pick<AptFiles, 'files'>): string {
  const each = files.map(({ text }) => createHash('sha256').update(text).digest());
  return createHash('sha256').update(Buffer.concat(each)).digest('hex');
}

/**
 * @param digest of all files as observed. Only the first call carries it, since the call changes it; no call moves a repository to another position.
 */
function actionOf({ summary, verb, args }: Call, digest: string | null): Action {
  return act(summary, run('pvesh', [verb, CALL, ...args, ...(digest === null ? [] : ['--digest', digest])]));
}

/** The positions of a declared third-party repository, or why there are none. */
function placesOfOther({ file, uri, suite }: OtherRepository, { files, errors }: SeenRepositories): Place[] | string {
  const error = errors.get(file);
  if (error !== undefined) return `Proxmox cannot read ${file}: ${error}; correct it on the host`;
  const places = allPlaces(files.filter(({ path }) => path === file)).filter(
    ({ repository }) =>
      repository.uris.some((one) => sameUri(one, uri)) && (suite === null || repository.suites.includes(suite)),
  );
  if (places.length > 0) return places;
  const what = suite === null ? uri : `${uri} ${suite}`;
  return `${file} has no repository ${what}: write it there with its key on the host, or take it out of package_repositories.others`;
}

function sameUri(one: string, other: string): boolean {
  return one.replace(/\/+$/, '') === other.replace(/\/+$/, '');
}
