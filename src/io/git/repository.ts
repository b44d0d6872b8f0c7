// The config repo: a local clone that is updated over HTTP. A thread does the work, so that the agent is not blocked; the files are interpreted here.

import { LRUCache } from 'lru-cache';
import type { Log } from '../../ports/log.ts';
import type { Repository } from '../../ports/repository.ts';
import { type Content, type FileReader, filesIn } from './clone/listing.ts';
import { type Token, withoutCredentials } from './remote/credentials.ts';
import { HTTP_LIMITS, type HttpLimits } from './remote/http.ts';
import { type SnapshotOptions, snapshotOf } from './snapshot.ts';
import { openThread, type Thread, type ThreadDeps } from './thread/thread.ts';

export interface RepositoryOptions extends SnapshotOptions, Pick<ThreadDeps, 'maxHeapMb' | 'maxMemoryMb' | 'idleMs'> {
  /** `https://…` or `http://…`. */
  readonly url: string;
  /** The followed branch. */
  readonly branch: string;
  readonly token?: Token;
  /** Folder of the clone, created when missing. No other process may use it. */
  readonly folder: string;
  readonly log: Log;
  readonly limits?: HttpLimits;
  /** Maximum number of packs, one per fetch with new objects, before a fresh clone replaces them by one. */
  readonly maxPacks?: number;
}

const MAX_PACKS = 50;
const KEPT_BYTES = 32 * 1024 * 1024;

/**
 * @param begin starts the worker. Default: a thread
 * @throws for an invalid URL
 */
export function openRepository(
  options: RepositoryOptions,
  begin: (parts: ThreadDeps) => Thread = openThread,
): Repository {
  const { branch, folder, log, maxHeapMb, maxMemoryMb, idleMs, limits = HTTP_LIMITS, maxPacks = MAX_PACKS } = options;
  const { url, token } = withoutCredentials(options.url, options.token);
  const thread = begin({
    url,
    branch,
    folder,
    log,
    limits,
    maxPacks,
    ...(token === undefined ? {} : { token }),
    ...(maxHeapMb === undefined ? {} : { maxHeapMb }),
    ...(maxMemoryMb === undefined ? {} : { maxMemoryMb }),
    ...(idleMs === undefined ? {} : { idleMs }),
  });
  /** A cache of blobs, which are immutable, shared between commits. */
  const kept = new LRUCache<string, Omit<Content, 'blob'>>({
    maxSize: KEPT_BYTES,
    maxEntrySize: KEPT_BYTES / 4,
    sizeCalculation: ({ bytes }) => (bytes?.byteLength ?? 0) + 100,
  });
  const reader: FileReader = {
    list: async (commit) => filesIn(await thread.ask('files', commit as Parameters<Repository['commit']>[0])),
    async contents(blobs, most) {
      const found = new Map<string, Omit<Content, 'blob'>>();
      const asked: string[] = [];
      for (const blob of blobs) {
        const known = kept.get(blob);
        if (known === undefined) asked.push(blob);
        else found.set(blob, known);
      }
      for (const { blob, ...content } of asked.length === 0 ? [] : await thread.ask('contents', asked, most)) {
        found.set(blob, content);
        kept.set(blob, content);
      }
      return found;
    },
  };

  return {
    fetch: () => thread.ask('fetch'),
    branches: () => thread.ask('branches'),
    snapshot: (commit) => snapshotOf(reader, commit, options),
    resolve: (revision) => thread.ask('resolve', revision),
    commit: (commit) => thread.ask('commit', commit),
    object: (commit) => thread.ask('object', commit),
    isAncestor: (ancestor, descendant) => thread.ask('isAncestor', ancestor, descendant),
    mergeBase: (one, other) => thread.ask('mergeBase', one, other),
    commitsSince: (base, head, most) => thread.ask('commitsSince', base, head, most),
    blob: (blob) => thread.ask('blob', blob),
    close: () => thread.close(),
  };
}
