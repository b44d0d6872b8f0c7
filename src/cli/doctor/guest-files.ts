// The doctor's look at what guests are created from: the templates and images that the followed branch names and the node has not.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRepository } from '../../io/git/repository.ts';
import { openRedactor } from '../../io/redact.ts';
import { load } from '../../load/load.ts';
import { READING } from '../../load/reading.ts';
import { volumeOf } from '../../managers/datacenter/downloads/download-calls.ts';
import { type MissingSource, missingSources, type UnseenSource } from '../../managers/guest/observe/missing-sources.ts';
import { allTargets } from '../../managers/index.ts';
import type { HostReader } from '../../managers/manager.ts';
import { kindOf } from '../../model/ids.ts';
import type { Target } from '../../model/target.ts';
import type { Log } from '../../ports/log.ts';
import type { Settings } from '../../settings.ts';
import { tokenOf } from '../compose-parts.ts';
import { openForgeOf } from '../rehearse/open-host.ts';
import { endInWords, ok, reasonOf, skipped, warning } from './checks.ts';
import type { Diagnostic } from './diagnostic.ts';

/** A clone that is larger is not made for this check. */
const MAX_BYTES = 64 * 1024 * 1024;

export type Declared =
  | { readonly read: true; readonly targets: readonly Target[] }
  /** With the reason. */
  | { readonly read: false; readonly why: string };

/**
 * What the head of the followed branch declares, from a clone of its own: that of a running agent is locked.
 *
 * @param silenceMs how long the server may be silent
 */
export async function readDeclared(settings: Settings, silenceMs: number): Promise<Declared> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-doctor-'));
  try {
    const repository = openRepository({
      url: settings.repositoryUrl,
      branch: settings.branch,
      folder: join(folder, 'repository'),
      log: SILENT,
      limits: { silenceMs, maxBytes: MAX_BYTES },
      ...READING,
      ...tokenOf(settings, openForgeOf(settings, openRedactor())),
      ...(settings.configRoot === null ? {} : { root: settings.configRoot }),
    });
    try {
      const head = await repository.fetch();
      if (head === null) return { read: false, why: `there is no branch ${settings.branch}` };
      const { config, draft } = load(await repository.snapshot(head), settings);
      const readable = config ?? draft;
      if (readable === null) return { read: false, why: 'phoenix validate says why' };
      return { read: true, targets: [...allTargets(readable).values()] };
    } finally {
      await repository.close();
    }
  } catch (error) {
    return { read: false, why: reasonOf(error) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };

/**
 * A look that fails says nothing about the host itself, whose programs were tried before.
 *
 * @param read what is declared
 */
export async function checkGuests(host: HostReader, read: () => Promise<Declared>): Promise<readonly Diagnostic[]> {
  try {
    return await checkGuestFiles(host, await read());
  } catch (error) {
    return [skipped('guests', `whether what they are created from is on the node is not known: ${reasonOf(error)}`)];
  }
}

async function checkGuestFiles(host: HostReader, declared: Declared): Promise<readonly Diagnostic[]> {
  if (!declared.read)
    return [
      skipped('guests', `what they are created from is not known: the configuration cannot be read: ${declared.why}`),
    ];
  const guests = declared.targets.filter(({ id }) => ['lxc', 'vm'].includes(kindOf(id)));
  if (guests.length === 0) return [];
  const downloads = declared.targets.filter(({ id }) => kindOf(id) === 'download');
  const found = await missingSources(host, guests, new Set(downloads.map(({ spec }) => volumeOf(spec))));
  const told = [...found.missing.map(missingDiagnostic), ...found.unseen.map(unseenDiagnostic)];
  if (told.length > 0) return told;
  return [ok('guests', 'the templates and images of those that are not there yet are on the node, or are downloaded')];
}

function missingDiagnostic({ targets, file, nearest, mayBeOffered }: MissingSource): Diagnostic {
  const meant = nearest === null ? '' : `did you mean ${nearest}? If not, `;
  if (mayBeOffered) {
    const what = `${targets.join(', ')} may not be created: ${file} is not on the node, and the node has no list of what Proxmox offers`;
    return warning('guests', what, `${meant}run pveam update on the node, then phoenix doctor again`);
  }
  const what = `${targets.join(', ')} cannot be created: ${file} is not on the node, and nothing downloads it`;
  return warning('guests', what, `${meant}put the file on the node, or name another one`);
}

function unseenDiagnostic({ targets, file, why }: UnseenSource): Diagnostic {
  const names = targets.join(', ');
  const unknown = `whether ${file}, from which ${names} is to be created, is on the node is not known`;
  switch (why.kind) {
    case 'no storage':
      return warning(
        'guests',
        `${names} cannot be created yet: ${file} is on no storage of the node, which has none named ${why.storage}`,
        'correct the name of the storage, or where the configuration declares it, run phoenix doctor again once it is there',
      );
    case 'no path':
      return skipped('guests', `${unknown}: its storage has no folder where it could be looked for`);
    case 'ended':
      return skipped('guests', `${unknown}: test ${endInWords(why.result)}`);
    default:
      return why satisfies never;
  }
}
